import { randomUUID } from "node:crypto";
import * as z from "zod";
import type { Account, Worker } from "./account.ts";
import { Refusal, type Request } from "./refusal.ts";

/** The part of an upload that describes it. */
export const metadata = z.looseObject({
  bindings: z.array(z.looseObject({ type: z.string(), name: z.string(), text: z.string().optional() })).default([]),
  keep_bindings: z.array(z.string()).default([]),
  migrations: z.looseObject({ new_tag: z.string().optional() }).optional(),
  code_update_strategy: z.unknown().optional(),
});

/** Stores an upload: its bindings replace the earlier ones, and bindings that it inherits must exist. */
export async function put({ account, form }: Request, name: string): Promise<Worker> {
  const sent = await form();
  const uploaded = metadata.parse(JSON.parse(z.string().parse(sent.get("metadata"))));
  const before = account.workers.get(name);
  const bindings = uploaded.bindings.map((binding) => {
    if (binding.type !== "inherit") return binding;
    const found = before?.bindings.find((one) => one.name === binding.name);
    if (found !== undefined) return found;
    throw new Refusal(400, 10057, `binding ${binding.name} cannot be inherited: the Worker does not have it`);
  });
  for (const binding of bindings) checkBinding(account, binding);
  const kept = (before?.bindings ?? []).filter(
    (one) => uploaded.keep_bindings.includes(one.type) && !bindings.some(({ name: given }) => given === one.name),
  );
  const all = [...bindings, ...kept];
  await account.runtime?.run(name, sent, all, null);
  const worker: Worker = {
    bindings: all,
    migrationTag: uploaded.migrations?.new_tag ?? before?.migrationTag ?? null,
    crons: before?.crons ?? [],
    isOnWorkersDev: before?.isOnWorkersDev ?? false,
    updateStrategy: uploaded.code_update_strategy ?? before?.updateStrategy,
    versions: [...(before?.versions ?? []), randomUUID()],
  };
  account.workers.set(name, worker);
  return worker;
}

function checkBinding(account: Account, binding: Record<string, unknown>): void {
  const isThere =
    binding["type"] === "d1"
      ? account.databases.has(String(binding["id"]))
      : binding["type"] === "r2_bucket"
        ? account.buckets.has(String(binding["bucket_name"]))
        : binding["type"] === "queue"
          ? account.queues.has(String(binding["queue_name"]))
          : true;
  if (!isThere)
    throw new Refusal(400, 10021, `binding ${String(binding["name"])} points to something that does not exist`);
}

/** Shows a binding, without the value of a secret. */
