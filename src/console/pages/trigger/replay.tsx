import { useState } from "react";
import { call } from "../../api/client.ts";
import { DialogForm } from "../../components/dialog-form.tsx";
import { SelectField } from "../../components/field.tsx";
import { Failure } from "../../components/notice.tsx";
import { toast } from "../../components/toasts.tsx";
import { useMutation, useQueryClient } from "@tanstack/react-query";

interface ReplayDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly space: string;
  readonly id: string;
  readonly name: string;
}

const HOUR = 3_600_000;

/** Milliseconds. */
const SPANS = { hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR, month: 30 * 24 * HOUR };

const SINCE = {
  hour: "the last hour",
  day: "the last day",
  week: "the last week",
  month: "the last 30 days",
} as const satisfies Record<keyof typeof SPANS, string>;

/** The most deliveries that one call replays. */
const BATCH = 1000;

/** Sends failed deliveries again. */
export function ReplayDialog({ isOpen, onClose, space, id, name }: ReplayDialogProps) {
  const [since, setSince] = useState<keyof typeof SPANS>("day");
  const client = useQueryClient();
  const replay = useMutation({
    mutationFn: () => replayAll(space, id, new Date(Date.now() - SPANS[since])),
    onSuccess: async (count) => {
      close();
      toast(count === 0 ? "Nothing failed in that time" : `Sending ${count.toLocaleString()} again`);
      await client.invalidateQueries({ queryKey: ["listDeliveries"] });
    },
  });
  const close = (): void => {
    replay.reset();
    onClose();
  };
  return (
    <DialogForm
      isOpen={isOpen}
      onClose={close}
      title={`Replay ${name}`}
      description="Failed deliveries are sent again under their old ids, so that receivers can recognize repeats."
      onSubmit={() => replay.mutate()}
      action="Send again"
      isBusy={replay.isPending}
    >
      <SelectField label="Failed in" value={since} choices={SINCE} onChange={setSince} />
      {replay.error && <Failure error={replay.error} />}
    </DialogForm>
  );
}

/** Replays all failed deliveries since a time, call by call, and returns their number. */
async function replayAll(space: string, id: string, since: Date): Promise<number> {
  for (let total = 0; ;) {
    const { replayed } = await call("replayTrigger", { path: { space, id }, body: { since: since.toISOString() } });
    total += replayed;
    if (replayed < BATCH) return total;
  }
}
