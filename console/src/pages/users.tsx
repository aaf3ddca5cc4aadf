import { EllipsisVertical } from "lucide-react";
import { useState } from "react";
import type { z } from "zod";
import type { User, userChangeSchema } from "#api/accounts.ts";
import { api } from "#console/data/api.ts";
import { queryClient } from "#console/data/cache.ts";
import { useUsers } from "#console/data/queries.ts";
import { useMe } from "#console/data/session.tsx";
import { CreateUser, DeleteUser, UserLink } from "#console/forms/user-dialogs.tsx";
import { Button, IconButton } from "#console/kit/button.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Failure, FailureNote, tellError } from "#console/kit/failure.tsx";
import { Menu, MenuItem, MenuLine } from "#console/kit/menu.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State, Tag } from "#console/kit/state.tsx";
import { Ago } from "#console/kit/time.tsx";
import { say } from "#console/kit/toast.tsx";
import { useAction } from "#console/lib/use-action.ts";
import { OwnerOnly } from "#console/pages/owner-only.tsx";

type Asked =
  | { readonly kind: "create" }
  | { readonly kind: "link"; readonly user: User }
  | { readonly kind: "delete"; readonly user: User };

type UserChange = z.input<typeof userChangeSchema>;

export function Users() {
  return (
    <OwnerOnly title="Users" action="user.manage">
      <UserTable />
    </OwnerOnly>
  );
}

function UserTable() {
  const query = useUsers();
  const [asked, setAsked] = useState<Asked>();
  const change = useAction(changeUser);
  const create = (
    <Button look="primary" onClick={() => setAsked({ kind: "create" })}>
      Create user
    </Button>
  );
  return (
    <Page
      title="Users"
      subtitle="People who may sign in. Rights come from the projects they are members of."
      actions={create}
    >
      <FailureNote error={change.error} />
      <Panel title="Users" quietTitle flush>
        {query.data === undefined ? (
          query.error === null ? (
            <SkeletonRows />
          ) : (
            <div className="p-4">
              <Failure error={query.error} onRetry={() => void query.refetch()} />
            </div>
          )
        ) : (
          <DataTable
            label="Users"
            columns={columns(setAsked, change.run)}
            rows={query.data}
            rowKey={(user) => user.id}
            empty={<Empty title="Nobody yet" actions={create} />}
          />
        )}
      </Panel>
      {asked?.kind === "create" && (
        <CreateUser
          onClose={() => setAsked(undefined)}
          onCreated={(user) => setAsked({ kind: "link", user })}
        />
      )}
      {asked?.kind === "link" && <UserLink user={asked.user} onClose={() => setAsked(undefined)} />}
      {asked?.kind === "delete" && <DeleteUser user={asked.user} onClose={() => setAsked(undefined)} />}
    </Page>
  );
}

/** Changes a user and offers to take it back. */
async function changeUser(user: User, wanted: UserChange): Promise<void> {
  await api.call(api.routes["user.change"], { params: { user: user.name }, body: wanted });
  await queryClient.invalidateQueries({ queryKey: ["users"] });
  const undo = () => {
    changeUser(user, before(user, wanted)).catch((error: unknown) =>
      say("Not undone", { tone: "bad", description: tellError(error).detail }),
    );
  };
  say(`${user.name} changed`, { action: { label: "Undo", run: undo } });
}

function before(user: User, wanted: UserChange): UserChange {
  return {
    ...(wanted.owner === undefined ? {} : { owner: user.owner }),
    ...(wanted.disabled === undefined ? {} : { disabled: user.disabled }),
  };
}

function columns(
  ask: (asked: Asked) => void,
  change: (user: User, wanted: UserChange) => void,
): readonly Column<User>[] {
  return [
    {
      header: "Name",
      sortBy: (user) => user.name,
      cell: (user) => (
        <span className="flex flex-wrap items-baseline gap-x-3">
          <span className="font-medium">{user.name}</span>
          <span className="text-dim">{user.title}</span>
          {user.owner && <Tag tone="busy">owner</Tag>}
        </span>
      ),
    },
    {
      header: "State",
      cell: (user) => (
        <State tone={user.disabled ? "rest" : "good"}>{user.disabled ? "disabled" : "active"}</State>
      ),
    },
    {
      header: "Password",
      optional: true,
      cell: (user) => (user.hasPassword ? "set" : "not set"),
      className: "text-dim",
    },
    { header: "Email", optional: true, cell: (user) => user.email ?? "–", className: "text-dim" },
    {
      header: "Last seen",
      align: "end",
      sortBy: (user) => user.lastSeenAt ?? "",
      cell: (user) => (user.lastSeenAt === undefined ? "never" : <Ago at={user.lastSeenAt} />),
      className: "text-dim",
    },
    {
      header: "Actions",
      quietHeader: true,
      align: "end",
      className: "w-px",
      cell: (user) => <UserMenu user={user} ask={ask} change={change} />,
    },
  ];
}

function UserMenu(props: {
  readonly user: User;
  readonly ask: (asked: Asked) => void;
  readonly change: (user: User, wanted: UserChange) => void;
}) {
  const me = useMe();
  const { user } = props;
  const self = user.name === me.name;
  return (
    <Menu
      trigger={
        <IconButton label={`Actions for ${user.name}`}>
          <EllipsisVertical size={16} aria-hidden="true" />
        </IconButton>
      }
    >
      <MenuItem disabled={user.disabled} onClick={() => props.ask({ kind: "link", user })}>
        Make a sign-in link…
      </MenuItem>
      <MenuItem disabled={self} onClick={() => props.change(user, { owner: !user.owner })}>
        {user.owner ? "Make an ordinary user" : "Make an owner"}
      </MenuItem>
      <MenuItem disabled={self} onClick={() => props.change(user, { disabled: !user.disabled })}>
        {user.disabled ? "Enable" : "Disable"}
      </MenuItem>
      <MenuLine />
      <MenuItem danger disabled={self} onClick={() => props.ask({ kind: "delete", user })}>
        Delete…
      </MenuItem>
    </Menu>
  );
}
