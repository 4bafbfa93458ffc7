import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { cache } from "react";
import { fetchDashboard } from "@/app/data";
import { TaskView } from "@/components/tasks/task-view";
import { TasksPage, TaskStats } from "@/lib/contracts/dashboard";

interface Props {
  params: Promise<{ task: string }>;
}

/**
 * Pages get a part of the path as it stands in the address when they are loaded, and decoded when they are navigated to (Next 16):
 * an id with `%` is found by either.
 */
const findTask = cache(async (part: string) => {
  const { tasks } = await fetchDashboard("/tasks", TasksPage);
  return (
    tasks.find(({ id }) => encodeURIComponent(id) === part) ??
    tasks.find(({ id }) => id === part) ??
    tasks.find(({ id }) => id === decoded(part)) ??
    notFound()
  );
});

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: (await findTask((await params).task)).id };
}

export default async function Page({ params }: Props) {
  const task = await findTask((await params).task);
  const stats = await fetchDashboard(`/tasks/${encodeURIComponent(task.id)}/stats?hours=24`, TaskStats);
  return <TaskView task={task} stats={stats} />;
}
