import { useState } from "react";
import { about, type Choice, type Way, type WayName } from "#burst/choice/choose-way.ts";
import type { Offer } from "#api/burst.ts";
import { keepLending, lendsCores } from "../burst/lending.ts";
import { amountOf, moneyText, plainAmount } from "../burst/money.ts";
import { usableCores } from "../engine/usable-cores.ts";
import { Button } from "../kit/button.tsx";
import { cx } from "../kit/class-names.ts";
import { Dialog, DialogActions } from "../kit/dialog.tsx";
import type { Asked } from "./run-state.ts";
import { Check, Choice as Choose } from "./panel-parts.tsx";
import type { Keeping } from "./recipe.ts";

interface WaysProps {
  readonly asked: Asked | undefined;
  readonly isPreparing: boolean;
  readonly keeping: Keeping;
  readonly canHaveRadiance: boolean;
  readonly onKeeping: (keeping: Keeping) => void;
  readonly onGo: (way: WayName, mode: "burst" | "included", bound: string | undefined) => void;
  readonly onClose: () => void;
}

/** Before anything runs: where it can, how long that takes, what it costs, and why one of the ways is proposed. */
export function WaysDialog(props: WaysProps) {
  const { asked, isPreparing } = props;
  return (
    <Dialog
      open={isPreparing || asked !== undefined}
      onClose={props.onClose}
      title="Merge at full size"
      description={
        asked === undefined
          ? "Measuring this computer and asking the data center…"
          : `${asked.rendering.width} × ${asked.rendering.height} pixels in ${asked.rendering.graph.tasks.length} tasks. ${asked.choice.reason}`
      }
      wide
    >
      {asked === undefined ? (
        <p role="status" className="py-8 text-center text-dim">
          One moment…
        </p>
      ) : (
        <Ways key={asked.remote?.offer.id ?? "here"} {...props} asked={asked} />
      )}
    </Dialog>
  );
}

const names: Readonly<Record<WayName, string>> = {
  local: "This computer",
  remote: "Data center",
  hybrid: "Both together",
};

function Ways(props: WaysProps & { readonly asked: Asked }) {
  const { asked, isPreparing } = props;
  const { choice, remote, trouble } = asked;
  const [way, setWay] = useState<WayName>(choice.chosen);
  const offer = remote?.offer;
  // What the plan includes already needs no loan.
  const [mode, setMode] = useState<"burst" | "included">(offer?.bound === "0" ? "included" : "burst");
  const [limit, setLimit] = useState(plainAmount(offer?.bound ?? "0"));
  const [isLending, setLending] = useState(lendsCores);
  const bound = amountOf(limit);
  const isAway = way !== "local";
  const isFit = (!isAway || mode === "included" || bound !== undefined) && (way !== "hybrid" || isLending);
  const isLower = offer !== undefined && bound !== undefined && BigInt(bound) < BigInt(offer.bound);
  return (
    <>
      <div role="radiogroup" aria-label="Where it runs" className="grid gap-2 sm:grid-cols-3">
        {(["local", "remote", "hybrid"] as const).map((name) => (
          <WayCard
            key={name}
            name={name}
            way={choice[name]}
            choice={choice}
            offer={offer}
            mode={mode}
            isChecked={way === name}
            onChoose={() => setWay(name)}
          />
        ))}
      </div>
      {trouble !== undefined && (
        <p role="alert" className="rounded-md border border-line bg-sunken p-3 text-xs">
          <span className="text-accent">The data center makes no offer now.</span> {trouble}
        </p>
      )}
      {isAway && offer !== undefined && (
        <OfferFacts
          offer={offer}
          mode={mode}
          onMode={setMode}
          limit={limit}
          onLimit={setLimit}
          isLower={isLower}
        />
      )}
      {way === "hybrid" && <Lending isLending={isLending} onLending={setLending} />}
      <div className="flex flex-wrap items-end gap-4 border-t border-line pt-3">
        <Choose
          label="The result keeps"
          value={props.keeping.output}
          options={[
            ["u8", "8 bits"],
            ["u16", "16 bits"],
          ]}
          onChange={(output) => props.onKeeping({ ...props.keeping, output })}
        />
        {props.canHaveRadiance && (
          <Check
            label="and the light itself, for OpenEXR"
            value={props.keeping.radiance}
            onChange={(radiance) => props.onKeeping({ ...props.keeping, radiance })}
          />
        )}
      </div>
      <DialogActions>
        <Button onClick={props.onClose}>Not now</Button>
        <Button
          look="primary"
          busy={isPreparing}
          disabled={!isFit}
          onClick={() => {
            if (way === "hybrid") keepLending(isLending);
            props.onGo(way, mode, isLower ? bound : undefined);
          }}
        >
          {labelOf(way, mode, offer, isLower ? bound : undefined)}
        </Button>
      </DialogActions>
    </>
  );
}

/** Nobody's machine works for the cluster without having been asked. */
function Lending(props: { readonly isLending: boolean; readonly onLending: (isLending: boolean) => void }) {
  const cores = usableCores();
  return (
    <div className="flex flex-col rounded-lg border border-line bg-sunken p-3">
      <Check
        label={`This browser may lend ${cores === 1 ? "one core" : `${cores} cores`} to this merge`}
        value={props.isLending}
        onChange={props.onLending}
      />
      <p className="text-xs text-dim">
        Only while this page is open, and only for your own merge. When the machine is needed for something
        else, its tiles go to the data center.
      </p>
    </div>
  );
}

function labelOf(
  way: WayName,
  mode: "burst" | "included",
  offer: Offer | undefined,
  bound: string | undefined,
): string {
  if (way === "local" || offer === undefined) return "Merge here";
  if (mode === "included") return "Merge within the plan";
  return `Accept, for ${moneyText(bound ?? offer.bound, offer.currency)} at most`;
}

function WayCard(props: {
  readonly name: WayName;
  readonly way: Way;
  readonly choice: Choice;
  readonly offer: Offer | undefined;
  readonly mode: "burst" | "included";
  readonly isChecked: boolean;
  readonly onChoose: () => void;
}) {
  const { name, way, choice, offer } = props;
  const isPossible = Number.isFinite(way.seconds) && (name === "local" || offer !== undefined);
  const price =
    name === "local"
      ? "free"
      : offer === undefined
        ? "–"
        : props.mode === "included"
          ? "within the plan"
          : moneyText(way.price.toString(), offer.currency);
  return (
    <label
      className={cx(
        "flex flex-col gap-1 rounded-lg border p-3 transition-colors has-focus-visible:outline-2 has-focus-visible:outline-accent",
        props.isChecked ? "border-accent bg-hover" : "border-line",
        isPossible ? "cursor-pointer hover:border-line-strong" : "opacity-50",
      )}
    >
      <input
        type="radio"
        name="way"
        className="sr-only"
        checked={props.isChecked}
        disabled={!isPossible}
        onChange={props.onChoose}
      />
      <span className="flex items-center justify-between gap-2 font-medium">
        {names[name]}
        {choice.chosen === name && (
          <span className="rounded-full bg-accent px-2 py-0.5 text-xs font-medium text-on-accent">
            proposed
          </span>
        )}
      </span>
      <span className="tabular text-lg">{isPossible ? about(way.seconds) : "not now"}</span>
      <span className="tabular text-xs text-dim">
        {price}
        {name === "hybrid" && isPossible ? ` · ${Math.round(way.localShare * 100)} % here` : ""}
      </span>
    </label>
  );
}

function OfferFacts(props: {
  readonly offer: Offer;
  readonly mode: "burst" | "included";
  readonly onMode: (mode: "burst" | "included") => void;
  readonly limit: string;
  readonly onLimit: (limit: string) => void;
  readonly isLower: boolean;
}) {
  const { offer, mode } = props;
  const money = (amount: string) => moneyText(amount, offer.currency);
  const facts = [
    ["Your plan has", coresText(offer.included)],
    ["This would use", coresText(offer.needed)],
    ["Without burst", `${about(offer.within.seconds.p50)}, free`],
    ["With burst", `${about(offer.burst.seconds.p50)}, ${money(offer.expected)}`],
    ["While it runs", `${money(offer.perMinute)} a minute`],
    ["Valid until", new Date(offer.validUntil).toLocaleTimeString(undefined, { timeStyle: "short" })],
  ] as const;
  return (
    <div className="flex flex-col gap-3 rounded-lg border border-line bg-sunken p-3">
      <Choose
        label="How the data center does it"
        value={mode}
        options={[
          ["burst", "Borrow cores"],
          ["included", "Within the plan"],
        ]}
        onChange={props.onMode}
      />
      <dl className="tabular grid grid-cols-2 gap-x-4 gap-y-1 text-xs sm:grid-cols-3">
        {facts.map(([name, text]) => (
          <div key={name} className="flex flex-col">
            <dt className="text-dim">{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {mode === "burst" && (
        <label className="flex flex-wrap items-center gap-2 text-xs">
          Never more than
          <input
            className="control tabular w-36 rounded-md border border-line bg-ground px-2"
            inputMode="decimal"
            value={props.limit}
            aria-invalid={amountOf(props.limit) === undefined}
            onChange={(event) => props.onLimit(event.currentTarget.value)}
          />
          {offer.currency}
          {props.isLower && (
            <span className="text-accent">Less than its price: it may stop there and ask you.</span>
          )}
        </label>
      )}
    </div>
  );
}

function coresText({ cores, memoryBytes }: Offer["included"]): string {
  const gibibytes = Math.round((memoryBytes / 1024 ** 3) * 10) / 10;
  return `${cores === 1 ? "1 core" : `${Math.round(cores * 100) / 100} cores`}, ${gibibytes} GiB`;
}
