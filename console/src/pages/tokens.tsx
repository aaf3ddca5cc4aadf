import { useState } from "react";
import type { Token } from "#api/accounts.ts";
import { api } from "#console/data/api.ts";
import { queryClient } from "#console/data/cache.ts";
import { useTokens } from "#console/data/queries.ts";
import { useMe } from "#console/data/session.tsx";
import { CreateToken } from "#console/forms/create-token.tsx";
import { Button } from "#console/kit/button.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { Failure, FailureNote } from "#console/kit/failure.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { Tag } from "#console/kit/state.tsx";
import { Switch } from "#console/kit/switch.tsx";
import { Ago } from "#console/kit/time.tsx";
import { say } from "#console/kit/toast.tsx";
import { useAction } from "#console/lib/use-action.ts";

export function Tokens() {
  const me = useMe();
  const [all, setAll] = useState(false);
  const query = useTokens(all);
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<Token>();
  const create = (
    <Button look="primary" onClick={() => setCreating(true)}>
      Create token
    </Button>
  );
  return (
    <Page
      title="Tokens"
      subtitle="Secrets for scripts and for the command line, each with its scope and its end."
      actions={create}
    >
      <Panel
        title={all ? "All tokens" : "Your tokens"}
        flush
        {...(query.data === undefined ? {} : { note: query.data.length })}
        actions={me.owner && <Switch label="Everybody’s" checked={all} onChange={setAll} />}
      >
        {query.data === undefined ? (
          query.error === null ? (
            <SkeletonRows rows={3} />
          ) : (
            <div className="p-4">
              <Failure error={query.error} onRetry={() => void query.refetch()} />
            </div>
          )
        ) : (
          <DataTable
            label="Tokens"
            columns={columns(all, setRevoking)}
            rows={query.data}
            rowKey={(token) => token.id}
            empty={
              <Empty title="No token yet" actions={create}>
                The command line makes one by itself when you sign in with vdc login. For scripts, create one
                here with just the rights it needs.
              </Empty>
            }
          />
        )}
      </Panel>
      {creating && <CreateToken onClose={() => setCreating(false)} />}
      {revoking !== undefined && <RevokeToken token={revoking} onClose={() => setRevoking(undefined)} />}
    </Page>
  );
}

function columns(all: boolean, revoke: (token: Token) => void): readonly Column<Token>[] {
  return [
    {
      header: "Name",
      sortBy: (token) => token.name,
      cell: (token) => <span className="font-medium">{token.name}</span>,
    },
    ...(all ? [{ header: "User", cell: (token: Token) => token.user, className: "text-dim" }] : []),
    {
      header: "Scope",
      cell: (token) => (
        <span className="inline-flex flex-wrap gap-1">
          <Tag>{token.project === undefined ? "all projects" : token.project}</Tag>
          <Tag>{token.role === undefined ? "all rights" : `at most ${token.role}`}</Tag>
        </span>
      ),
    },
    {
      header: "Created",
      optional: true,
      cell: (token) => <Ago at={token.createdAt} />,
      className: "text-dim",
    },
    {
      header: "Last used",
      optional: true,
      cell: (token) => (token.lastUsedAt === undefined ? "never" : <Ago at={token.lastUsedAt} />),
      className: "text-dim",
    },
    {
      header: "Ends",
      align: "end",
      sortBy: (token) => token.expiresAt,
      cell: (token) => <Ago at={token.expiresAt} />,
    },
    {
      header: "Revoke",
      quietHeader: true,
      align: "end",
      className: "w-px",
      cell: (token) => (
        <Button look="quiet" aria-label={`Revoke ${token.name}`} onClick={() => revoke(token)}>
          Revoke
        </Button>
      ),
    },
  ];
}

function RevokeToken(props: { readonly token: Token; readonly onClose: () => void }) {
  const revoke = useAction(async () => {
    await api.call(api.routes["token.revoke"], { params: { token: props.token.id } });
    await queryClient.invalidateQueries({ queryKey: ["tokens"] });
    say(`Token ${props.token.name} revoked`);
    props.onClose();
  });
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={`Revoke ${props.token.name}?`}
      description="Whatever uses it is refused from the next request on. It cannot be brought back."
    >
      <FailureNote error={revoke.error} />
      <DialogActions>
        <Button look="quiet" onClick={props.onClose}>
          Keep it
        </Button>
        <Button look="danger" busy={revoke.busy} onClick={() => revoke.run()}>
          Revoke
        </Button>
      </DialogActions>
    </Dialog>
  );
}
