import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { TasksView } from "@/components/tasks/tasks-view";
import { TasksPage } from "@/lib/contracts/dashboard";

export const metadata: Metadata = { title: "Tasks" };

export default async function Page() {
  return <TasksView initial={await fetchDashboard("/tasks", TasksPage)} />;
}
