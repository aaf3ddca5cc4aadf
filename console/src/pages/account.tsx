import type { z } from "zod";
import type { sessionSchema } from "#api/accounts.ts";
import { api } from "#console/data/api.ts";
import { queryClient } from "#console/data/cache.ts";
import { useSessions } from "#console/data/queries.ts";
import { useMe } from "#console/data/session.tsx";
import { chooseSingleKeys, singleKeys } from "#console/data/shortcuts.ts";
import { chooseTheme, themeChoice, type ThemeChoice } from "#console/data/theme.ts";
import { SetPassword } from "#console/forms/set-password.tsx";
import { Button } from "#console/kit/button.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Failure, FailureNote } from "#console/kit/failure.tsx";
import { SelectField } from "#console/kit/field.tsx";
import { Page } from "#console/kit/page.tsx";
import { Facts, Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { Tag } from "#console/kit/state.tsx";
import { Switch } from "#console/kit/switch.tsx";
import { Ago } from "#console/kit/time.tsx";
import { say } from "#console/kit/toast.tsx";
import { browserName } from "#console/lib/browser-name.ts";
import { useStore } from "#console/lib/store.ts";
import { useAction } from "#console/lib/use-action.ts";

type Session = z.infer<typeof sessionSchema>;

export function Account() {
  const me = useMe();
  const theme = useStore(themeChoice);
  const keys = useStore(singleKeys);
  return (
    <Page title="Account" {...(me.title === "" ? {} : { subtitle: me.title })}>
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <Panel title="You">
          <Facts
            items={[
              { name: "User name", value: me.name },
              {
                name: "Rights",
                value: me.owner ? "owner of the data center" : <Roles roles={me.projects} />,
              },
            ]}
          />
        </Panel>
        <Panel title="This browser">
          <div className="flex flex-col gap-4">
            <div className="max-w-60">
              <SelectField
                label="Theme"
                value={theme}
                onChange={(event) => chooseTheme(asTheme(event.target.value))}
              >
                <option value="system">As the system</option>
                <option value="light">Light</option>
                <option value="dark">Dark</option>
              </SelectField>
            </div>
            <Switch label="Single-key shortcuts" checked={keys} onChange={chooseSingleKeys} />
          </div>
        </Panel>
        <Panel title="Password">
          <div className="flex max-w-sm flex-col gap-4">
            {!me.hasPassword && (
              <p className="text-dim">You have none yet: without one you need a new link each time.</p>
            )}
            <SetPassword
              me={me}
              onDone={() => {
                say("Password set", { description: "Your other sessions have ended." });
                void queryClient.invalidateQueries({ queryKey: ["sessions"] });
              }}
            />
          </div>
        </Panel>
        <Sessions />
      </div>
    </Page>
  );
}

function Roles(props: { readonly roles: Readonly<Record<string, string>> }) {
  const entries = Object.entries(props.roles);
  if (entries.length === 0) return "member of no project yet";
  return (
    <span className="flex flex-wrap gap-1">
      {entries.map(([project, role]) => (
        <Tag key={project}>{`${role} in ${project}`}</Tag>
      ))}
    </span>
  );
}

function Sessions() {
  const query = useSessions();
  const end = useAction(async (session: Session) => {
    await api.call(api.routes["session.delete"], { params: { session: session.id } });
    await queryClient.invalidateQueries({ queryKey: ["sessions"] });
    say("Session ended");
  });
  return (
    <Panel title="Sessions" flush {...(query.data === undefined ? {} : { note: query.data.length })}>
      <FailureNote error={end.error} />
      {query.data === undefined ? (
        query.error === null ? (
          <SkeletonRows rows={2} />
        ) : (
          <div className="p-4">
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          </div>
        )
      ) : (
        <DataTable
          label="Sessions"
          columns={columns(end.busy, end.run)}
          rows={query.data}
          rowKey={(session) => session.id}
          empty={<p className="p-4 text-dim">You are here without a session of your own.</p>}
        />
      )}
    </Panel>
  );
}

function columns(busy: boolean, end: (session: Session) => void): readonly Column<Session>[] {
  return [
    {
      header: "Where",
      cell: (session) => (
        <span className="flex flex-wrap items-baseline gap-x-3">
          <span className="font-medium" title={session.userAgent}>
            {browserName(session.userAgent ?? "")}
          </span>
          <span className="text-dim">{session.address}</span>
          {session.current && <Tag tone="busy">this one</Tag>}
        </span>
      ),
    },
    { header: "Last seen", cell: (session) => <Ago at={session.lastSeenAt} />, className: "text-dim" },
    {
      header: "Ends",
      align: "end",
      cell: (session) => <Ago at={session.expiresAt} />,
      className: "text-dim",
    },
    {
      header: "End",
      quietHeader: true,
      align: "end",
      className: "w-px",
      cell: (session) =>
        !session.current && (
          <Button look="quiet" busy={busy} onClick={() => end(session)}>
            End
          </Button>
        ),
    },
  ];
}

function asTheme(text: string): ThemeChoice {
  return text === "light" || text === "dark" ? text : "system";
}
