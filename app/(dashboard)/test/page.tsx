import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { TestView } from "@/components/test/test-view";
import { TasksPage } from "@/lib/contracts/dashboard";

export const metadata: Metadata = { title: "Test" };

export default async function Page() {
  const { tasks } = await fetchDashboard("/tasks", TasksPage);
  return <TestView tasks={tasks} />;
}
