import { X } from "lucide-react";
import { useId, useState, type SubmitEvent } from "react";
import { roles, type Role } from "#api/access.ts";
import type { ProjectSpec } from "#api/kinds/project.ts";
import { userNameSchema } from "#api/names.ts";
import { parseInput } from "#api/validate.ts";
import { VdcError } from "#api/errors.ts";
import { editProject } from "#console/data/edit-project.ts";
import { may } from "#console/data/permissions.ts";
import { useUsers } from "#console/data/queries.ts";
import { useMe } from "#console/data/session.tsx";
import { Button, IconButton } from "#console/kit/button.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { FailureNote } from "#console/kit/failure.tsx";
import { SelectField, TextField } from "#console/kit/field.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { Tag } from "#console/kit/state.tsx";
import { useAction } from "#console/lib/use-action.ts";
import { useShownProject } from "#console/pages/project.tsx";

type Member = ProjectSpec["members"][number];

const meanings = {
  viewer: "reads",
  operator: "runs and restarts",
  admin: "changes everything in the project",
} as const satisfies Record<Role, string>;

export function ProjectMembers() {
  const me = useMe();
  const project = useShownProject();
  const mayChange = may(me, "project.change", project.name) && project.deletingSince === undefined;
  const change = useAction(async (edit: Edit) => {
    await editProject(project, (spec) => ({ ...spec, members: edit(spec.members) }));
  });
  return (
    <div className="flex flex-col gap-4">
      <FailureNote error={change.error} />
      <Panel title="Members" note={project.spec.members.length} flush>
        {mayChange && <AddMember members={project.spec.members} onAdd={change.run} busy={change.busy} />}
        <DataTable
          label="Members"
          columns={columns({ me: me.name, mayChange, busy: change.busy, change: change.run })}
          rows={project.spec.members}
          rowKey={(member) => member.user}
          empty={
            <Empty title="Nobody is a member yet">
              Owners of the data center see every project; everybody else has to be named here.
            </Empty>
          }
        />
      </Panel>
    </div>
  );
}

type Edit = (members: readonly Member[]) => Member[];

function columns(options: {
  readonly me: string;
  readonly mayChange: boolean;
  readonly busy: boolean;
  readonly change: (edit: Edit) => void;
}): readonly Column<Member>[] {
  return [
    {
      header: "User",
      sortBy: (member) => member.user,
      cell: (member) => (
        <span className="font-medium">
          {member.user}
          {member.user === options.me && <span className="ml-2 font-normal text-faint">you</span>}
        </span>
      ),
    },
    {
      header: "Role",
      sortBy: (member) => roles.indexOf(member.role),
      cell: (member) =>
        options.mayChange ? (
          <span className="block w-36">
            <SelectField
              label={`Role of ${member.user}`}
              hideLabel
              value={member.role}
              disabled={options.busy}
              onChange={(event) =>
                options.change((members) => withRole(members, member.user, asRole(event.target.value)))
              }
            >
              <RoleOptions />
            </SelectField>
          </span>
        ) : (
          <Tag>{member.role}</Tag>
        ),
    },
    { header: "May", cell: (member) => meanings[member.role], className: "text-dim" },
    ...(options.mayChange
      ? [
          {
            header: "Remove",
            quietHeader: true,
            align: "end" as const,
            className: "w-px",
            cell: (member: Member) => (
              <IconButton
                label={`Remove ${member.user}`}
                disabled={options.busy}
                onClick={() =>
                  options.change((members) => members.filter((other) => other.user !== member.user))
                }
              >
                <X size={15} aria-hidden="true" />
              </IconButton>
            ),
          },
        ]
      : []),
  ];
}

function AddMember(props: {
  readonly members: readonly Member[];
  readonly busy: boolean;
  readonly onAdd: (edit: Edit) => void;
}) {
  const me = useMe();
  const users = useUsers(may(me, "user.manage"));
  const [user, setUser] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [error, setError] = useState<string>();
  const listId = useId();

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    try {
      parseInput(userNameSchema, user.trim(), "The name", "user");
    } catch (cause) {
      setError(cause instanceof VdcError ? cause.fields[0]?.message : "this is no user name");
      return;
    }
    if (props.members.some((member) => member.user === user.trim())) return setError("is a member already");
    setError(undefined);
    props.onAdd((members) => withRole(members, user.trim(), role));
    setUser("");
  }

  return (
    <form onSubmit={submit} noValidate className="flex flex-wrap items-start gap-3 border-b border-line p-4">
      <div className="w-64 max-sm:w-full">
        <TextField
          label="User name"
          list={listId}
          value={user}
          autoCapitalize="none"
          error={error}
          onChange={(event) => setUser(event.target.value)}
        />
        <datalist id={listId}>
          {users.data
            ?.filter((other) => !props.members.some((member) => member.user === other.name))
            .map((other) => (
              <option key={other.id} value={other.name}>
                {other.title}
              </option>
            ))}
        </datalist>
      </div>
      <div className="w-40 max-sm:w-full">
        <SelectField label="Role" value={role} onChange={(event) => setRole(asRole(event.target.value))}>
          <RoleOptions />
        </SelectField>
      </div>
      <Button
        type="submit"
        busy={props.busy}
        disabled={user.trim() === ""}
        className="sm:mt-[1.625rem] max-sm:w-full"
      >
        Add member
      </Button>
    </form>
  );
}

function RoleOptions() {
  return roles.map((role) => (
    <option key={role} value={role}>
      {role}
    </option>
  ));
}

function asRole(text: string): Role {
  return roles.find((role) => role === text) ?? "viewer";
}

function withRole(members: readonly Member[], user: string, role: Role): Member[] {
  const at = members.findIndex((member) => member.user === user);
  return at < 0 ? [...members, { user, role }] : members.with(at, { user, role });
}
