import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { fetchDashboard } from "@/app/data";
import { TaskView } from "@/components/tasks/task-view";
import { TasksPage, TaskStats } from "@/lib/contracts/dashboard";

interface Props {
  params: Promise<{ task: string }>;
}

const taskId = async ({ params }: Props): Promise<string> => decodeURIComponent((await params).task);

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
