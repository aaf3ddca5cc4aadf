import { useState } from "react";
import { useNavigate } from "react-router";
import { VdcError } from "#api/errors.ts";
import { bucketKind, bucketNameSchema } from "#api/kinds/bucket.ts";
import { api } from "#console/data/api.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { CheckField, TextField } from "#console/kit/field.tsx";
import { say } from "#console/kit/toast.tsx";
import { useAction } from "#console/lib/use-action.ts";
import { ProjectSelect, usualProject } from "#console/pages/apps/project-choice.tsx";

/** Makes a bucket; everything else of it is set on its own page. */
export function CreateBucket(props: {
  readonly projects: readonly string[];
  /** "" when none is chosen. */
  readonly project: string;
  readonly onClose: () => void;
}) {
  const navigate = useNavigate();
  const start = props.projects.includes(props.project) ? props.project : usualProject(props.projects);
  const [project, setProject] = useState(start);
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [versioning, setVersioning] = useState(true);
  const [objectLock, setObjectLock] = useState(false);
  const [problem, setProblem] = useState<string>();
  const create = useAction(async () => {
    try {
      const spec = { description, versioning: versioning || objectLock, objectLock };
      await api.apply(bucketKind, { project, name, spec }, { ifRevision: "absent" });
      props.onClose();
      say(`Bucket ${name} is being made`);
      await navigate(`/buckets/${project}/${name}`);
    } catch (error) {
      const exists =
        error instanceof VdcError && ["precondition-failed", "already-exists"].includes(error.code);
      if (!exists) throw error;
      setProblem("a bucket of this name exists already");
    }
  });
  return (
    <FormDialog
      title="Create bucket"
      description="A place for objects, with rules of its own."
      error={create.error}
      busy={create.busy}
      submit={{ label: "Create bucket" }}
      onSubmit={(event) => {
        event.preventDefault();
        const checked = bucketNameSchema.safeParse(name);
        setProblem(checked.success ? undefined : checked.error.issues[0]?.message);
        if (checked.success) create.run();
      }}
      onClose={props.onClose}
    >
      <TextField
        label="Name"
        hint="S3 clients use it; it cannot be changed later"
        className="font-mono"
        autoCapitalize="none"
        value={name}
        error={problem}
        onChange={(event) => setName(event.target.value)}
      />
      <ProjectSelect names={props.projects} value={project} onChange={setProject} />
      <TextField
        label="Description"
        value={description}
        onChange={(event) => setDescription(event.target.value)}
      />
      <CheckField
        label="Keep versions"
        hint="What is deleted or written over can be had back; old versions take room"
        checked={versioning || objectLock}
        disabled={objectLock}
        onChange={(event) => setVersioning(event.target.checked)}
      />
      <CheckField
        label="Object lock"
        hint="Versions can be locked against deleting until a date; only now, never later"
        checked={objectLock}
        onChange={(event) => setObjectLock(event.target.checked)}
      />
    </FormDialog>
  );
}
