import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { OperationOutput } from "../../contract/operation.ts";
import { DialogForm } from "../components/dialog-form.tsx";
import { TextField } from "../components/field.tsx";
import { LinkedText } from "../components/linked-text.tsx";
import { Failure } from "../components/notice.tsx";
import { Outcome } from "../components/outcome.tsx";

type Tested = OperationOutput<"testTrigger">;

interface TestDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly space: string;
  /** Sends the event that a push of this tag would cause; by default, of the newest tag that fits. */
  readonly send: (push: { readonly repository?: string; readonly tag?: string }) => Promise<Tested>;
}

/** Sends a real event, now and once, and shows the answer. */
export function TestDialog({ isOpen, onClose, title, space, send }: TestDialogProps) {
  const [repository, setRepository] = useState("");
  const [tag, setTag] = useState("");
  const test = useMutation({ mutationFn: () => send(repository === "" && tag === "" ? {} : { repository, tag }) });
  const close = (): void => {
    test.reset();
    onClose();
  };
  return (
    <DialogForm
      isOpen={isOpen}
      onClose={close}
      title={title}
      description="A test is real: a target that deploys will deploy. It is sent once and does not appear in the list of deliveries."
      onSubmit={() => test.mutate()}
      action="Send test"
      isBusy={test.isPending}
      dismissal="Close"
    >
      <TextField
        label="Repository"
        placeholder="newest matching push"
        hint={`A path within ${space}. Leave it and the tag empty to send the newest matching push.`}
        spellCheck={false}
        value={repository}
        onChange={(event) => setRepository(event.target.value)}
      />
      <TextField label="Tag" spellCheck={false} value={tag} onChange={(event) => setTag(event.target.value)} />
      {test.error && <Failure error={test.error} />}
      {test.data && <Results tested={test.data} />}
    </DialogForm>
  );
}

function Results({ tested: { results } }: { readonly tested: Tested }) {
  return (
    <ul className="test-results" aria-label="Results">
      {results.map((result) => (
        <li key={result.target}>
          <p>
            <strong>{result.name}</strong> <Outcome of={result} />
          </p>
          {result.detail !== "" && (
            <p className="reason">
              <LinkedText text={result.detail} />
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}
