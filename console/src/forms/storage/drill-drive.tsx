import { useState } from "react";
import type { DriveDetailView } from "#api/objects.ts";
import { startDrill, type Drill } from "#console/data/store-queries.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { SelectField } from "#console/kit/field.tsx";
import { say } from "#console/kit/toast.tsx";
import { formatDuration } from "#console/lib/format.ts";
import { useAction } from "#console/lib/use-action.ts";

const faults: Readonly<Record<Drill["fault"], string>> = {
  stall: "Stall: nothing answers",
  slow: "Slow: every call takes long",
  error: "Error: every call fails",
  corrupt: "Corrupt: what is read is wrong",
  "read-only": "Read only: nothing can be written",
  full: "Full: no room is left",
  missing: "Missing: the directory is gone",
};
const lengths = [10, 30, 60, 300, 600] as const;

/** A fault on purpose, to see that nobody notices. */
export function DrillDrive(props: {
  readonly drive: DriveDetailView & { readonly name: string };
  readonly margin: number | undefined;
  readonly onClose: () => void;
}) {
  const { drive, margin, onClose } = props;
  const [fault, setFault] = useState<Drill["fault"]>("stall");
  const [seconds, setSeconds] = useState("30");
  const start = useAction(async () => {
    await startDrill(drive.name, { fault, seconds: Number(seconds) });
    say(`Drill: ${drive.name} pretends ${fault}`, { tone: "warn" });
    onClose();
  });
  return (
    <FormDialog
      title={`Fail ${drive.name} for a while?`}
      description="The drive pretends a fault, to see that clients notice nothing and that those concerned are told. It ends by itself; nothing on the disk is changed."
      error={start.error}
      busy={start.busy}
      submit={{ label: "Start drill", look: "danger" }}
      onSubmit={(event) => {
        event.preventDefault();
        start.run();
      }}
      onClose={onClose}
    >
      {margin !== undefined && margin <= 0 && (
        <p className="rounded-md bg-bad-soft px-3 py-2 text-ink">
          No further drive may be lost: requests will have to wait until the drill ends.
        </p>
      )}
      <SelectField
        label="Fault"
        value={fault}
        onChange={({ target }) => setFault(options.find((one) => one === target.value) ?? "stall")}
      >
        {options.map((one) => (
          <option key={one} value={one}>
            {faults[one]}
          </option>
        ))}
      </SelectField>
      <SelectField
        label="Ends after"
        value={seconds}
        onChange={({ target }) => setSeconds(target.value)}
        hint="Subscribers are told as if it were real: an incident opens, and the all-clear follows."
      >
        {lengths.map((length) => (
          <option key={length} value={length}>
            {formatDuration(length * 1000)}
          </option>
        ))}
      </SelectField>
    </FormDialog>
  );
}

const options = Object.keys(faults) as readonly Drill["fault"][]; // the keys of a record of faults are faults
