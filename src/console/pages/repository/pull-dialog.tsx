import { useRegistryHost } from "../../api/session.ts";
import { Button } from "../../components/button.tsx";
import { Command } from "../../components/command.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Tabs } from "../../components/tabs.tsx";
import type { Tag } from "../../../contract/operations.ts";
import { clientsFor } from "./pull-commands.ts";

interface PullDialogProps {
  /** The repository's full name. */
  readonly name: string;
  readonly tag: Tag;
  readonly onClose: () => void;
}

export default function PullDialog({ name, tag, onClose }: PullDialogProps) {
  const host = useRegistryHost();
  const tabs = clientsFor(tag).map(({ title, command }) => ({
    id: title,
    title,
    content: (
      <div className="form">
        <p>By its tag, which may move to other content:</p>
        <Command text={command(host, name, `:${tag.name}`)} what={`${title} command by tag`} />
        <p>By its digest, which never changes:</p>
        <Command text={command(host, name, `@${tag.digest}`)} what={`${title} command by digest`} />
      </div>
    ),
  }));
  return (
    <Dialog isOpen onClose={onClose} title={`Pull ${tag.name}`}>
      <Tabs label="Pull with" tabs={tabs} />
      <div className="dialog-actions">
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}
