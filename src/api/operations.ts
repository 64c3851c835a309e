/** All operations of the management API. Where two paths fit an address, the first counts. */
import type { Operation } from "./operation.ts";
import * as spaces from "./spaces.ts";
import { listTargetTypes } from "./target-types.ts";

export const OPERATIONS: readonly Operation[] = [
  spaces.createSpace,
  spaces.listSpaces,
  spaces.getSpace,
  spaces.updateSpace,
  spaces.deleteSpace,
  listTargetTypes,
];
