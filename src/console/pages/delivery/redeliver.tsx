import { type ReactNode, useState } from "react";
import type { DeliveryDetail } from "../../../contract/operations.ts";
import { useChange } from "../../api/queries.ts";
import { Button } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { TargetLink, useDeployment } from "../../parts/deployment.tsx";
import { Time } from "../../components/time.tsx";
import { toast } from "../../components/toasts.tsx";
import { Digest } from "../../components/values.tsx";

interface RedeliverProps {
  readonly space: string;
  readonly delivery: DeliveryDetail;
}

/** Sends a delivery again, after showing which version would replace which. */
export function Redeliver({ space, delivery }: RedeliverProps) {
  const { id, status, target, redelivery } = delivery;
  const [isOpen, setOpen] = useState(false);
  const redeliver = useChange("redeliver", ["getDelivery", "listDeliveries", "listDeployed"]);
  const deployment = useDeployment(space);
  const name = <TargetLink space={space} id={target} deployment={deployment} />;
  return (
    <>
      <Button
        look={status === "failed" ? "primary" : "plain"}
        disabled={status === "running"}
        onClick={() => setOpen(true)}
      >
        Redeliver
      </Button>
      <Confirm
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title="Send this delivery again?"
        action="Send again"
        look="primary"
        onConfirm={async () => {
          await redeliver.mutateAsync({ path: { space, id } });
          toast("Sent again");
        }}
      >
        {redelivery.length === 0 && <p>{name} is told again about this delivery’s push.</p>}
        {redelivery.map((one) => (
          <p key={one.repository}>
            <Change change={one} target={name} />
          </p>
        ))}
      </Confirm>
    </>
  );
}

type Redelivery = DeliveryDetail["redelivery"][number];

function Change({ change, target }: { readonly change: Redelivery; readonly target: ReactNode }) {
  const { repository, tag, digest, deploys, followed, current } = change;
  const image = <Image repository={repository} tag={tag} digest={digest} />;
  if (!deploys) {
    return (
      <>
        {target} only notifies: it is told again of {image}.
      </>
    );
  }
  const would = (
    <>
      {target} would {followed ? "run" : "be told to deploy"} {image}
    </>
  );
  if (current === null) return <>{would}. It is not known to have anything else of this repository.</>;
  if (current.digest === digest) {
    return (
      <>
        {would} again: it is what it was given last, <Time at={current.deployedAt} />.
      </>
    );
  }
  return (
    <>
      {would} in place of <Image repository={repository} tag={current.tag} digest={current.digest} />, which it was
      given <Time at={current.deployedAt} />.
    </>
  );
}

function Image({ repository, tag, digest }: Pick<Redelivery, "repository" | "tag" | "digest">) {
  return (
    <>
      <strong>
        {repository}:{tag}
      </strong>{" "}
      (<Digest digest={digest} />)
    </>
  );
}
