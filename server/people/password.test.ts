import { expect, test } from "vitest";
import { passwordWeakness } from "./password";

const about = ["Ada Lovelace", "ada.lovelace@example.com"];

test.each([
  "password123",
  "1234567890",
  "0123456789",
  "qwertyuiop",
  "asdfghjkl;",
  "aaaaaaaaaa",
  "abcabcabcabc",
  "passwordpassword",
  "P@ssw0rd123",
  "iloveyou12",
  "letmein1234",
  "adminadmin",
  "administrator",
  "changeme123",
  "welcome2026",
  "Summer2026!",
  "football123",
  "signalbox123",
  "Signalbox2026",
  "adalovelace",
  "Lovelace1815",
  "ada.lovelace@example.com",
  "abcdefghijkl",
  "1q2w3e4r5t",
  "          ",
])("%j is refused", async (password) => {
  expect(await passwordWeakness(password, about)).toMatch(/too easy to guess/);
});

test.each([
  "correct horse battery",
  "kV8x-rrtQ-11",
  "winter is coming soon to nobody",
  "Жёлтый трамвай поёт",
  "x".repeat(3) + "Qm7-plum-orbit".repeat(6),
])("%j is taken", async (password) => {
  expect(await passwordWeakness(password, about)).toBeNull();
});
