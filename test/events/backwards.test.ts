import { describe, expect, it } from "vitest";
import * as z from "zod";
import { processMessage } from "../../src/events/process.ts";
import type { QueueMessage } from "../../src/events/messages.ts";
import { deliveriesOf, makeTarget, makeTrigger } from "../support/deploy.ts";
import { BROKEN, event, OK, openWorkshop, processingOf, pushTo, type Workshop } from "../support/processing.ts";
import { pick, randomFrom } from "../support/random.ts";
import { manage } from "../support/registry.ts";

/**
 * Invariant 10: a deployment never goes backwards, unless a person says so there and then. The test makes
 * random pushes, refusals, retries, replays, deletions, switches and redeliveries. At each request, the
 * receiver looks at what it has been given.
 */

interface Push {
  readonly tag: string;
  /** Its place among all pushes. */
  readonly at: number;
}

interface Arrival extends Push {
  /** The number of pushes when a person asked for it; null if nobody did. */
  readonly askedAt: number | null;
}

/** True if the receiver must not be given the other push after the first one, by the simplest rule: numbers of three parts. */
type Newer = (one: Push, other: Push) => boolean;

const numbersOf = (tag: string): number =>
  tag
    .split(/[.-]/)
    .map(Number)
    .reduce((sum, number) => sum * 1000 + number, 0);
const isAbove: Newer = (one, other) => numbersOf(one.tag) > numbersOf(other.tag);
const isLater: Newer = (one, other) => one.at > other.at;

const RULES: readonly { name: string; match: object; newer: Newer; between: string }[] = [
  {
    name: "versions",
    match: { tag: { type: "semver", value: "*" } },
    newer: (one, other) => !isAbove(other, one) && isLater(one, other),
    between: ".",
  },
  {
    name: "only newer versions",
    match: { tag: { type: "nuget", value: "*", onlyIfNewer: true } },
    newer: (one, other) => isAbove(one, other) || (!isAbove(other, one) && isLater(one, other)),
    between: ".",
  },
  {
    name: "only newer groups of a regex",
    match: { tag: { type: "regex", value: "^(?<a>\\d+)-(?<b>\\d+)-(?<c>\\d+)$", onlyIfNewer: true } },
    newer: (one, other) => isAbove(one, other) || (!isAbove(other, one) && isLater(one, other)),
    between: "-",
  },
  {
    name: "by push time",
    match: { tag: { type: "glob", value: "*", onlyIfNewer: true, order: "pushed" } },
    newer: isLater,
    between: ".",
  },
  {
    name: "no order but of each tag's own pushes",
    match: {},
    newer: (one, other) => one.tag === other.tag && isLater(one, other),
    between: ".",
  },
];

const sentDocument = z.object({ data: z.object({ tag: z.string() }) });

/** A run with one trigger and target. */
class Run {
  readonly #shop: Workshop;
  readonly #trigger: string;
  readonly #rule: (typeof RULES)[number];
  readonly #random: () => number;
  readonly #pushes: (Push & { readonly event: string })[] = [];
  /** The number of the push that set each tag last; none if the tag is gone. */
  readonly #tags = new Map<string, number>();
  readonly #arrived: Arrival[] = [];
  /** Deliveries that a person asked for, with the time. */
  readonly #asked = new Map<string, number>();
  #enabled = true;
  readonly problems: string[] = [];

  constructor(shop: Workshop, trigger: string, rule: (typeof RULES)[number], random: () => number) {
    this.#shop = shop;
    this.#trigger = trigger;
    this.#rule = rule;
    this.#random = random;
  }

  async step(): Promise<void> {
    const kind = this.#random();
    // It is off for a few steps only, since nothing can be seen then.
    if (!this.#enabled && this.#random() < 0.3) await this.#switch();
    else if (kind < 0.25) await this.#push();
    else if (kind < 0.8) await this.#process();
    else if (kind < 0.86) await this.#redeliver();
    else if (kind < 0.91) await this.#replay();
    else if (kind < 0.95) await this.#switch();
    else await this.#deleteTag();
  }

  async #push(): Promise<void> {
    const tag = [1, pick(this.#random, [0, 1]), pick(this.#random, [1, 2, 3, 10])].join(this.#rule.between);
    const at = this.#pushes.length;
    const pushed = await pushTo(this.#shop, "web", tag, at + 1);
    this.#pushes.push({ tag, at, event: pushed });
    this.#tags.set(tag, at);
    // Mostly at once; now and then the queue brings it late.
    if (this.#random() < 0.8) await this.#handle(event(pushed));
    else this.#shop.queued.push({ message: event(pushed), delay: 0 });
  }

  /** Handles one of the waiting messages, mostly after its delay. */
  async #process(): Promise<void> {
    const { queued } = this.#shop;
    const [next] = queued.splice(Math.floor(this.#random() * queued.length), 1);
    if (next === undefined) return;
    if (this.#random() < 0.5) this.#shop.clock += Math.max(next.delay, 1) * 1000;
    await this.#handle(next.message);
  }

  async #handle(message: QueueMessage): Promise<void> {
    const places = new Map((await this.#deliveries()).map((one) => [one.id, String(one["event"])]));
    this.#shop.answer = ({ body, headers }) => {
      const { tag } = sentDocument.parse(JSON.parse(body ?? "")).data;
      return this.#receive(tag, headers["webhook-id"] ?? "", places);
    };
    const outcome = await processMessage(processingOf(this.#shop), message);
    if (outcome !== "done") this.#shop.queued.push({ message, delay: outcome.retryIn });
  }

  #receive(tag: string, id: string, events: ReadonlyMap<string, string>): typeof OK {
    const at = this.#pushes.findIndex((push) => push.event === events.get(id));
    const own: Push = { tag, at };
    const askedAt = this.#asked.get(id) ?? null;
    if (askedAt === null) {
      if (!this.#enabled) this.problems.push(`${tag} went with the trigger off`);
      if (this.#tags.get(tag) !== at) this.problems.push(`${tag} of push ${at} went, but the tag is elsewhere`);
      const winner = this.#counted(own).find((one) => this.#rule.newer(one, own));
      if (winner) this.problems.push(`${tag} of push ${at} went over ${winner.tag} of push ${winner.at}`);
    }
    if (this.#random() < 0.45) return BROKEN;
    this.#arrived.push({ ...own, askedAt });
    this.#asked.delete(id);
    return OK;
  }

  /** Returns what the target counts as having: a person's redelivery counts for everything that is pushed after it. */
  #counted({ at }: Push): readonly Arrival[] {
    const since = this.#arrived.findLastIndex(({ askedAt }) => askedAt !== null && at >= askedAt);
    return since === -1 ? this.#arrived : this.#arrived.slice(since);
  }

  async #redeliver(): Promise<void> {
    const all = await this.#deliveries();
    if (all.length === 0) return;
    const { id } = pick(this.#random, all);
    this.#shop.clock = Math.max(this.#shop.clock, Date.now() + 10);
    await manage("POST", `spaces/${this.#shop.space}/deliveries/${id}/redeliver`);
    this.#asked.set(id, this.#pushes.length);
    this.#shop.queued.push({ message: { kind: "delivery", id }, delay: 0 });
  }

  /** Gives up some of the retried deliveries, then replays all of those. */
  async #replay(): Promise<void> {
    const pending = (await this.#deliveries()).filter(({ id, status }) => status === "pending" && !this.#asked.has(id));
    for (const { id } of pending.slice(0, 4)) {
      const { deliveries } = processingOf(this.#shop).stores;
      await deliveries.giveUp(id, Date.now() + 1_000_000, "given up", this.#shop.clock);
    }
    const since = new Date(Date.now() - 3_600_000).toISOString();
    this.#shop.clock = Math.max(this.#shop.clock, Date.now() + 10);
    await manage("POST", `spaces/${this.#shop.space}/triggers/${this.#trigger}/replay`, { since });
    for (const { id } of pending) this.#shop.queued.push({ message: { kind: "delivery", id }, delay: 0 });
  }

  async #switch(): Promise<void> {
    this.#enabled = !this.#enabled;
    const to = this.#enabled ? "enable" : "disable";
    await manage("POST", `spaces/${this.#shop.space}/triggers/${this.#trigger}/${to}`);
    // Pending deliveries are canceled, even those that a person asked for.
    if (!this.#enabled) this.#asked.clear();
  }

  async #deleteTag(): Promise<void> {
    const tags = [...this.#tags.keys()];
    if (tags.length === 0) return;
    const tag = pick(this.#random, tags);
    await manage("POST", `spaces/${this.#shop.space}/tags:delete`, { repository: "web", tags: [tag] });
    this.#tags.delete(tag);
  }

  #deliveries(): ReturnType<typeof deliveriesOf> {
    return deliveriesOf(this.#shop.space, "?limit=500");
  }
}

const STEPS = 80;

describe.each(RULES)("a receiver of $name", (rule) => {
  it.each([1, 2])("is never taken backwards, seed %i", async (seed) => {
    const random = randomFrom(seed * 7919);
    const shop = await openWorkshop("backwards");
    const { id: target } = await makeTarget(shop.space, "https://receiver.example.com/hook");
    const { id: trigger } = await makeTrigger(shop.space, [target], rule.match);
    const run = new Run(shop, trigger, rule, random);
    for (let step = 0; step < STEPS; step++) await run.step();
    expect(run.problems).toEqual([]);
    expect(shop.sent.length).toBeGreaterThan(0);
  });
});
