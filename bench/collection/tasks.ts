/** The tasks of one run of upkeep. The bench makes them due one by one, in this order. */
import { d1Collection } from "../../src/storage/d1/upkeep/collection.ts";
import { d1RetentionRuns } from "../../src/storage/d1/upkeep/retention-runs.ts";
import { r2Objects } from "../../src/storage/r2/objects.ts";
import { collectDeleted, collectUnneeded } from "../../src/upkeep/collect.ts";
import { retain } from "../../src/upkeep/retention.ts";
import { type Shape, tagAgain } from "../../harness/large-registry.ts";

export interface Bindings {
  readonly DB: D1Database;
  readonly BLOBS: R2Bucket;
}

/** A seeded registry. */
interface Seeded {
  readonly size: number;
  readonly shape: Shape;
}

export interface Task {
  readonly task: string;
  /** True if the task's cost depends on the manifests' shape. */
  readonly isOfShape: boolean;
  readonly makeDue: (db: D1Database, seeded: Seeded) => Promise<void>;
  readonly run: (bindings: Bindings) => Promise<void>;
  /** The rows that one run examines; or a query that counts, as `n`, the rows that are left to take. */
  readonly items: number | string;
}

const NOW = Date.UTC(2030, 0);
const GRACE = 1000;
const SETTINGS = { grace: GRACE, orphanGrace: GRACE, keepDeleted: GRACE, keepBytes: 0 };

const unneeded = ({ DB, BLOBS }: Bindings): Promise<void> =>
  collectUnneeded({ collection: d1Collection(DB), objects: r2Objects(BLOBS) }, SETTINGS, NOW);
const deleted = ({ DB }: Bindings): Promise<void> => collectDeleted({ collection: d1Collection(DB) }, SETTINGS, NOW);
const retention = ({ DB }: Bindings): Promise<void> =>
  retain({ walks: d1Collection(DB), retention: d1RetentionRuns(DB, GRACE) }, NOW);

const statements =
  (...sql: readonly string[]) =>
  async (db: D1Database): Promise<void> => {
    await db.batch(sql.map((one) => db.prepare(one)));
  };

/** A walk of retention that has come to this phase. */
const walkAt = (phase: "tags" | "manifests" | "over"): string => `
  INSERT OR REPLACE INTO walks (name, position)
  VALUES ('retention', '{"began":${NOW},"phase":"${phase}","repository":0,"after":""}')`;
/** More manifests than one run takes. */
const FIRST = "SELECT id FROM manifests WHERE repository_id = 1 ORDER BY id LIMIT 2500";
const NOT_MARKED = "UPDATE manifests SET marked_at = NULL WHERE marked_at IS NOT NULL";

export const TASKS: readonly Task[] = [
  {
    task: "nothing is due: links and blobs are looked at",
    isOfShape: false,
    makeDue: statements("SELECT 1"),
    run: unneeded,
    items: 1000,
  },
  {
    task: "links",
    isOfShape: false,
    makeDue: statements("UPDATE repository_blobs SET marked_at = 1 WHERE repository_id = 2"),
    run: unneeded,
    items: "SELECT COUNT(*) AS n FROM repository_blobs WHERE repository_id = 2",
  },
  {
    task: "blobs",
    isOfShape: false,
    makeDue: statements(
      "UPDATE repository_blobs SET marked_at = NULL",
      "UPDATE blobs SET marked_at = 1 WHERE digest NOT IN (SELECT digest FROM repository_blobs)",
    ),
    run: unneeded,
    items: "SELECT COUNT(*) AS n FROM blobs",
  },
  {
    task: "manifests in the trash",
    isOfShape: false,
    makeDue: statements("UPDATE blobs SET marked_at = NULL", "UPDATE deleted_manifests SET deleted_at = 1"),
    run: deleted,
    items: "SELECT COUNT(*) AS n FROM deleted_manifests",
  },
  {
    task: "retention: tags that no rule keeps",
    isOfShape: true,
    makeDue: statements(walkAt("tags")),
    run: retention,
    items: 3000,
  },
  {
    task: "retention: manifests that nothing needs",
    isOfShape: true,
    makeDue: statements("DELETE FROM tags", walkAt("manifests")),
    run: retention,
    items: 3000,
  },
  {
    task: "retention: manifests whose grace is over",
    isOfShape: true,
    makeDue: async (db, { size, shape }) => {
      // The tags of other manifests stay: the run must not read them for each manifest that goes.
      await tagAgain(db, size, shape);
      await statements(
        `DELETE FROM tags WHERE digest IN (SELECT digest FROM manifests WHERE id IN (${FIRST}))`,
        `UPDATE manifests SET marked_at = 1 WHERE id IN (${FIRST})`,
        walkAt("over"),
      )(db);
    },
    run: retention,
    items: "SELECT COUNT(*) AS n FROM manifests",
  },
  {
    task: "a deleted repository: tags",
    isOfShape: true,
    makeDue: async (db, { size, shape }) => {
      await statements(NOT_MARKED, "UPDATE deleted_manifests SET deleted_at = 9e15")(db);
      await tagAgain(db, size, shape);
      await statements("UPDATE repositories SET deleted_at = 1 WHERE id = 1")(db);
    },
    run: deleted,
    items: "SELECT COUNT(*) AS n FROM tags",
  },
  {
    task: "a deleted repository: manifests and links",
    isOfShape: true,
    makeDue: statements("DELETE FROM tags"),
    run: deleted,
    items: `SELECT (SELECT COUNT(*) FROM manifests) + (SELECT COUNT(*) FROM repository_blobs WHERE repository_id = 1) AS n`,
  },
];
