import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useChange } from "../../api/queries.ts";
import { Button } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { count } from "../../parts/repository-head.tsx";
import { toast } from "../../components/toasts.tsx";
import { Bytes } from "../../components/values.tsx";
import type { Repository } from "../../../contract/operations.ts";

interface DeleteRepositoryProps {
  readonly space: string;
  readonly repository: Repository;
}

export function DeleteRepository({ space, repository }: DeleteRepositoryProps) {
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const remove = useChange("deleteRepository", ["listRepositories", "listDeletedRepositories"]);
  const { name, tags, bytes } = repository;
  return (
    <section className="card form">
      <h2>Delete this repository</h2>
      <p>Nobody can pull from a deleted repository. You can restore it, with everything in it, for some days.</p>
      <div>
        <Button look="danger" onClick={() => setAsking(true)}>
          Delete repository …
        </Button>
      </div>
      <Confirm
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Delete ${name}?`}
        action="Delete repository"
        typed={name}
        onConfirm={async () => {
          await remove.mutateAsync({ path: { space, name } });
          toast(`Deleted ${name}. You can restore it for some days.`);
          await navigate({ to: "/spaces/$space/deleted", params: { space } });
        }}
      >
        <p>
          {count(tags, "tag")} and all other content, <Bytes count={bytes} /> as the space counts them, go with it. It
          can be brought back for some days, under “Recently deleted” of the space; a repository with immutable tags
          cannot be deleted.
        </p>
      </Confirm>
    </section>
  );
}
