/** The types of events in a repository, as the outbox names them. */
export const EVENT_TYPES = [
  "tag.created",
  "tag.updated",
  "tag.deleted",
  "manifest.pushed",
  "manifest.deleted",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** Types of events that set a tag: each tells the digest that it points to from then on. */
export const TAG_SETS: ReadonlySet<EventType> = new Set(["tag.created", "tag.updated"]);

/** One change of a tag or manifest, as the outbox holds it. */
export interface RegistryEvent {
  /** `evt_…`; it never changes. */
  readonly id: string;
  readonly type: EventType;
  /** Milliseconds since the epoch. */
  readonly occurredAt: number;
  /** The host and port that the pusher used. */
  readonly registry: string;
  readonly space: string;
  /** The path within the space, as in `web/api`. */
  readonly path: string;
  /** Null for an event of the manifest itself. */
  readonly tag: string | null;
  readonly digest: string;
  /** The digest that the tag pointed to before; null if the tag is new. */
  readonly previousDigest: string | null;
  readonly mediaType: string;
  readonly artifactType: string | null;
  /** Bytes of the manifest. */
  readonly size: number;
  /** The platforms of an index, or of an image once its config has been read, as in `linux/amd64`; empty if none are known. */
  readonly platforms: readonly string[];
  readonly actor: Actor;
}

/** The author of the change, mostly a token of the space. */
export interface Actor {
  readonly id: string;
  /** The token's name, as in `ci`. */
  readonly name: string;
}

/** Returns the repository's full name, as in `acme/web/api`. */
export function repositoryOf({ space, path }: RegistryEvent): string {
  return `${space}/${path}`;
}

/** Returns the image's whole reference: `registry.example.com/acme/web:1.2.3@sha256:…`. */
export function imageOf(event: RegistryEvent): string {
  const tag = event.tag === null ? "" : `:${event.tag}`;
  return `${event.registry}/${repositoryOf(event)}${tag}@${event.digest}`;
}

/** Writes an event in our own form, which formats without one of their own carry. */
export function eventDocument(event: RegistryEvent) {
  const { space, registry, tag, digest, previousDigest, mediaType, size, platforms, actor } = event;
  return {
    type: `registry.${event.type}`,
    timestamp: new Date(event.occurredAt).toISOString(),
    data: {
      space,
      registry,
      repository: repositoryOf(event),
      tag,
      digest,
      previousDigest,
      mediaType,
      size,
      platforms,
      image: imageOf(event),
      actor: { type: "token", name: actor.name, claims: {} },
    },
  };
}
