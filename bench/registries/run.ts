/** `npm run bench:registries`: registries side by side. See HELP in options.ts. */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { runCommand } from "../command.ts";
import { progress } from "../units.ts";
import { type CleanUp, cleanUp } from "./clean-up.ts";
import { warmUp } from "./images.ts";
import { measure, type Measured, reasonOf } from "./measure.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import { openPeer, type Peer, requirePeer } from "./peer.ts";
import { reads } from "./reads.ts";
import { failureLines, registriesTable } from "./report.ts";
import { shapes, transfers } from "./transfers.ts";
import { measureZb } from "./zb.ts";

await runCommand(HELP, readOptions, bench);

async function bench(wanted: Options): Promise<number> {
  const run = wanted.again ?? `bench-${randomBytes(4).toString("hex")}`;
  const peers = await openPeers(wanted.addresses, run);
  if (peers === null) return 1;
  const { plan, keep, json } = wanted;
  const date = new Date();
  const measured = await measureAll(wanted, peers);
  const cleaned = keep ? null : await cleanAll(peers);
  const seconds = Math.round((Date.now() - date.getTime()) / 1000);
  if (json !== null) {
    const registries = peers.map(({ name, address }) => ({ name, address }));
    const all = { date: date.toISOString(), seconds, plan, registries, measured, cleaned };
    await writeFile(json, `${JSON.stringify(all, null, 2)}\n`);
  }
  for (const { connection } of peers) await connection.close();
  console.log(`Done in ${seconds} s (run ${run}).`);
  return 0;
}

/** Opens registries. Null, after saying why, if one of them is no registry, or refuses our login. */
async function openPeers(addresses: readonly string[], run: string): Promise<readonly Peer[] | null> {
  try {
    const peers = addresses.map((address) => openPeer(address, run));
    for (const peer of peers) await requirePeer(peer);
    return peers;
  } catch (failure) {
    console.error(reasonOf(failure));
    return null;
  }
}

async function measureAll({ plan, only, zb, again }: Options, peers: readonly Peer[]): Promise<readonly Measured[]> {
  const all = [...transfers(plan), ...shapes(plan), ...reads(plan, again !== null)];
  const wanted = all.filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)));
  progress("a first push and pull each, which do not count");
  for (const peer of peers) await warmUp(peer);
  const measured: Measured[] = [];
  for (const workload of wanted) measured.push(await measure(workload, peers));
  if (zb !== null) measured.push(...(await measureZb(zb, peers, plan)));
  console.log(`\n${registriesTable(measured)}\n`);
  for (const line of failureLines(measured)) console.log(line);
  return measured;
}

async function cleanAll(peers: readonly Peer[]): Promise<readonly (CleanUp & { readonly peer: string })[]> {
  progress("deleting what was pushed");
  const cleaned: (CleanUp & { readonly peer: string })[] = [];
  for (const peer of peers) cleaned.push({ peer: peer.name, ...(await cleanUp(peer)) });
  for (const { peer, kept, reasons } of cleaned) {
    if (kept > 0) console.log(`${peer} kept ${kept} of the manifests and blobs: ${reasons.join("; ")}`);
  }
  return cleaned;
}
