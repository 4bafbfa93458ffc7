import { join } from "node:path";
import sharp from "sharp";
import { seededRandom } from "../lib/random";
import { exists, workspace, writeWhole } from "../lib/workspace";

/** A folder of drawn photographs, half PNG and half JPEG, the same on every machine. */
export async function sampleImages(count: number): Promise<string> {
  const folder = join(workspace, `images-${count}`);
  for (let i = 1; i <= count; i++) {
    const path = join(folder, `signal-${String(i).padStart(2, "0")}.${i % 2 === 0 ? "jpg" : "png"}`);
    if (await exists(path)) continue;
    const drawing = sharp(Buffer.from(drawSignal(i)));
    await writeWhole(path, await (path.endsWith("png") ? drawing.png() : drawing.jpeg({ quality: 88 })).toBuffer());
  }
  return folder;
}

/** A semaphore signal in front of hills, as SVG. */
function drawSignal(seed: number): string {
  const random = seededRandom(seed);
  const hue = Math.floor(random() * 360);
  const hills = Array.from({ length: 24 }, (_, i) => {
    const [x, y, r] = [random() * 1_600, 620 + i * 16, 120 + random() * 260];
    return `<circle cx="${x}" cy="${y + r}" r="${r}" fill="hsl(${(hue + i * 4) % 360} 35% ${58 - i * 1.6}%)"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="1000">
  <defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="hsl(${hue} 60% 78%)"/><stop offset="1" stop-color="hsl(${(hue + 40) % 360} 70% 92%)"/></linearGradient></defs>
  <rect width="1600" height="1000" fill="url(#sky)"/>${hills.join("")}
  <rect x="792" y="180" width="16" height="760" fill="#333"/>
  <g transform="rotate(${random() < 0.5 ? 0 : -45} 800 230)"><rect x="560" y="205" width="250" height="50" fill="#c2261c"/><rect x="600" y="205" width="28" height="50" fill="#fff"/></g>
</svg>`;
}
