import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { fetchDashboard } from "@/app/data";
import { TaskView } from "@/components/tasks/task-view";
import { TasksPage, TaskStats } from "@/lib/contracts/dashboard";

interface Props {
  params: Promise<{ task: string }>;
}

/** Pages get a part of the path as it stands in the address; one that is no encoding of anything names no task. */
async function taskId({ params }: Props): Promise<string> {
  const { task } = await params;
  try {
    return decodeURIComponent(task);
  } catch {
    notFound();
  }
}

export async function generateMetadata(props: Props): Promise<Metadata> {
  return { title: await taskId(props) };
}

export default async function Page(props: Props) {
  const id = await taskId(props);
  const [{ tasks }, stats] = await Promise.all([fetchDashboard("/tasks", TasksPage), fetchDashboard(`/tasks/${encodeURIComponent(id)}/stats?hours=24`, TaskStats)]);
  const task = tasks.find((candidate) => candidate.id === id);
  if (task === undefined) notFound();
  return <TaskView task={task} stats={stats} />;
}
