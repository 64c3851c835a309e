import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import * as z from "zod";
import type { Target } from "../../../contract/operations.ts";
import { operationQuery, REFRESH_EVERY, useChange } from "../../api/queries.ts";
import { useTargetTypes } from "../../api/target-types.ts";
import { Command } from "../../components/command.tsx";
import { TriggerLink, useDeployment } from "../../parts/deployment.tsx";
import { Facts } from "../../components/facts.tsx";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { SecretDialog } from "../../components/secret-dialog.tsx";
import { TargetStatus } from "../../parts/target-status.tsx";
import { Time } from "../../components/time.tsx";
import { toast } from "../../components/toasts.tsx";
import { TargetActions } from "./actions.tsx";
import { TargetForm } from "./form.tsx";
import { typeFormOf } from "./type-form.ts";

/** The config of an Octopus target without an API key. */
const octopusConfig = z.looseObject({ serviceAccount: z.string() });

/** Shows a target, with forms to change and test it. */
export function TargetPage() {
  const { space, target: id } = useParams({ from: "/signed-in/spaces/$space/targets/$target" });
  const query = useQuery({ ...operationQuery("getTarget", { path: { space, id } }), refetchInterval: REFRESH_EVERY });
  const update = useChange("updateTarget", ["getTarget", "listTargets"]);
  const [secret, setSecret] = useState<string | null>(null);
  const [saves, setSaves] = useState(0);
  const { data: target, error } = query;
  return (
    <>
      <PageHead title={target?.name ?? "Target"}>
        {target && <TargetActions space={space} target={target} onSecret={setSecret} />}
      </PageHead>
      {error && <Failure error={error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Loading what="the target" />}
      <SecretDialog secret={secret} title="The new secret" onClose={() => setSecret(null)}>
        Give it to your receiver.
      </SecretDialog>
      {target && (
        <div className="sections">
          <section className="card" aria-label="How it stands">
            <State space={space} target={target} />
          </section>
          <section className="section">
            <h2>Settings</h2>
            <TargetForm
              // The form begins anew with the saved values.
              key={`${id} ${saves}`}
              target={target}
              action="Save"
              isSaving={update.isPending}
              failure={update.error}
              onSave={({ name, url, secret: given, config, deploys }) =>
                update.mutate(
                  { path: { space, id }, body: { name, url, secret: given, config, deploys } },
                  {
                    onSuccess: ({ secret: made }) => {
                      toast("Saved");
                      setSaves(saves + 1);
                      setSecret(made ?? null);
                    },
                  },
                )
              }
            />
          </section>
        </div>
      )}
    </>
  );
}

function State({ space, target }: { readonly space: string; readonly target: Target }) {
  const { id, type, deploys, disabledReason, failingSince, identity, createdAt, config } = target;
  const types = useTargetTypes();
  const deployment = useDeployment(space);
  const users = deployment.triggers.items.filter(({ targets }) => targets.includes(id));
  const trusted = octopusConfig.safeParse(config).success;
  return (
    <Facts
      facts={{
        State: <TargetStatus target={target} />,
        "Disabled because": disabledReason,
        "Failing since": failingSince === null ? null : <Time at={failingSince} />,
        Kind: typeFormOf(types, type).title,
        Purpose: deploys ? "Deploys what it receives" : "Only notifies",
        Triggers:
          users.length === 0 ? (
            <Link to="/spaces/$space/triggers/new" params={{ space }}>
              None yet. Create one
            </Link>
          ) : (
            <ul className="plain-list">
              {users.map((trigger) => (
                <li key={trigger.id}>
                  <TriggerLink space={space} id={trigger.id} deployment={deployment} />
                </li>
              ))}
            </ul>
          ),
        Deliveries: (
          <Link to="/spaces/$space/deliveries" params={{ space }} search={{ target: id }}>
            View deliveries
          </Link>
        ),
        Created: <Time at={createdAt} />,
        "Octopus trusts": !trusted ? null : (
          <div className="section">
            <p>Give the service account an OIDC identity of the type Other Issuer with this issuer and subject:</p>
            <Command text={identity.issuer} what="issuer" />
            <Command text={identity.subject} what="subject" />
          </div>
        ),
      }}
    />
  );
}
