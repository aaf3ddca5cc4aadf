import { html, type Html } from "./html.ts";
import type { Story } from "./stories.ts";

/**
 * Pictures without picture files: each scene is drawn as SVG, in the manner of a linocut with three inks. Numbers come
 * from the story's name, so a story keeps its picture.
 */
export function picture(story: Story): Html {
  const random = seeded(story.slug);
  const palette = palettes[Math.floor(random() * palettes.length)] ?? palettes[0];
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    viewBox="0 0 800 450"
    role="img"
    aria-label="${story.caption}"
  >
    <rect width="800" height="450" fill="${palette.sky}" />
    ${scenes[story.scene](palette, random)}
  </svg>`;
}

interface Palette {
  readonly sky: string;
  readonly light: string;
  readonly far: string;
  readonly near: string;
  readonly ink: string;
}

const palettes: readonly [Palette, ...Palette[]] = [
  { sky: "#f4d9b8", light: "#fff3dc", far: "#7fa3ab", near: "#33606e", ink: "#16323c" },
  { sky: "#cfe0e4", light: "#fbf7ea", far: "#8fb0a2", near: "#3f6b5c", ink: "#173229" },
  { sky: "#e9c7b5", light: "#ffeeda", far: "#b0786a", near: "#6f3b39", ink: "#311a1e" },
  { sky: "#d8d3e8", light: "#fdf6e3", far: "#8d8bb5", near: "#4a4a7d", ink: "#1e1f3f" },
];

type Scene = (palette: Palette, random: () => number) => Html;

const scenes: Readonly<Record<Story["scene"], Scene>> = {
  harbour: (p, random) =>
    html`${sun(p, 560, 190, 70)}${hills(p.far, 250, 26, random)}<rect
        y="290"
        width="800"
        height="160"
        fill="${p.near}"
      />${waves(p, random)}
      <g fill="${p.ink}"
        ><path d="M210 330h230l-34 46H246z" /><rect x="268" y="272" width="70" height="58" /><rect
          x="300"
          y="226"
          width="16"
          height="50"
      /></g>
      <g fill="${p.light}"
        ><rect x="280" y="286" width="16" height="16" /><rect x="310" y="286" width="16" height="16"
      /></g>
      <path d="M660 290v-130l14-22 14 22v130z" fill="${p.light}" /><path
        d="M660 190h28v26h-28zM660 242h28v26h-28z"
        fill="${p.ink}"
      />`,
  hall: (p, random) =>
    html`${sun(p, 650, 90, 40)}<path d="M60 450V190L400 60l340 130v260z" fill="${p.near}" /><path
        d="M110 450V220L400 112l290 108v230z"
        fill="${p.far}"
      />
      ${many(7, (at) => html`<path d="M${150 + at * 76} 450V${250 - Math.abs(3 - at) * 2}a30 30 0 0 1 60 0V450z" fill="${p.light}" /><rect x="${138 + at * 76}" y="236" width="9" height="214" fill="${p.ink}" />`)}
      ${many(24, () => html`<rect x="${Math.floor(160 + random() * 470)}" y="${Math.floor(360 + random() * 60)}" width="10" height="${Math.floor(16 + random() * 34)}" fill="${p.ink}" />`)}`,
  market: (p, random) =>
    html`${hills(p.far, 220, 40, random)}<rect y="310" width="800" height="140" fill="${p.near}" />
      ${many(5, (at) => html`<g><path d="M${30 + at * 155} 240h130l14 50H${16 + at * 155}z" fill="${at % 2 === 0 ? p.light : p.sky}" /><path d="M${56 + at * 155} 240h26l4 50h-32zM${108 + at * 155} 240h26l9 50h-32z" fill="${p.ink}" /><rect x="${34 + at * 155}" y="290" width="8" height="110" fill="${p.ink}" /><rect x="${148 + at * 155}" y="290" width="8" height="110" fill="${p.ink}" /><rect x="${34 + at * 155}" y="350" width="122" height="26" fill="${p.far}" /></g>`)}
      ${many(26, () => html`<circle cx="${Math.floor(40 + random() * 720)}" cy="${Math.floor(342 + random() * 12)}" r="7" fill="${p.light}" />`)}`,
  sky: (p, random) =>
    html`<rect
        width="800"
        height="450"
        fill="${p.ink}"
      />${many(90, () => html`<circle cx="${Math.floor(random() * 800)}" cy="${Math.floor(random() * 330)}" r="${(0.6 + random() * 1.8).toFixed(1)}" fill="${p.light}" />`)}
      <path d="M250 110l330 96-310-70z" fill="${p.light}" opacity=".85" /><path
        d="M180 70l400 136-360-104z"
        fill="${p.sky}"
        opacity=".5"
      /><circle cx="582" cy="207" r="13" fill="${p.light}" />
      <path
        d="M0 450V380h90v-40h60v40h80v-70h34v-60h12v60h34v70h130v-30h90v30h70v-90h26v-60h10v60h30v90h134v70z"
        fill="${p.near}"
      />`,
  stage: (p, random) =>
    html`${sun(p, 400, 200, 130)}${hills(p.far, 300, 14, random)}<rect
        y="320"
        width="800"
        height="130"
        fill="${p.near}"
      />${waves(p, random)}
      ${many(5, (at) => html`<g fill="${p.ink}"><path d="M${40 + at * 150} 340h110l-18 30h-76z" /><rect x="${74 + at * 150}" y="306" width="34" height="34" /><path d="M${120 + at * 150} 320l36-16v32z" /></g>`)}
      <path d="M386 320l6-120h16l6 120z" fill="${p.light}" /><rect
        x="380"
        y="176"
        width="40"
        height="26"
        fill="${p.ink}"
      /><circle cx="400" cy="188" r="8" fill="${p.light}" />`,
  street: (p, random) =>
    html`${sun(p, 140, 120, 56)}${many(6, (at) => {
        const height = Math.floor(170 + random() * 120);
        return html`<path
            d="M${at * 140 - 10} 380V${380 - height}l65-42 65 42v${height}z"
            fill="${at % 2 === 0 ? p.near : p.far}"
          />${many(6, (window) => html`<rect x="${at * 140 + 14 + (window % 2) * 52}" y="${Math.floor(380 - height + 24 + Math.floor(window / 2) * 52)}" width="22" height="30" fill="${random() > 0.4 ? p.light : p.ink}" />`)}`;
      })}<rect y="380" width="800" height="70" fill="${p.ink}" /><path
        d="M180 430c60-70 330-70 420 0z"
        fill="${p.light}"
      /><rect x="380" y="350" width="12" height="44" fill="${p.light}" />`,
  field: (p, random) =>
    html`${sun(p, 600, 130, 60)}${hills(p.far, 210, 20, random)}<rect
        y="240"
        width="800"
        height="210"
        fill="${p.near}"
      />
      ${many(46, (at) => html`<path d="M${at * 18 - 6} 450q${Math.floor(random() * 14)} -${Math.floor(90 + random() * 90)} ${Math.floor(8 + random() * 10)} -${Math.floor(150 + random() * 60)}" stroke="${at % 3 === 0 ? p.light : p.sky}" stroke-width="4" fill="none" />`)}`,
};

function sun(p: Palette, x: number, y: number, r: number): Html {
  return html`<circle cx="${x}" cy="${y}" r="${r}" fill="${p.light}" />`;
}

function hills(color: string, base: number, rise: number, random: () => number): Html {
  const points = Array.from(
    { length: 9 },
    (_, at) => `${at * 100},${Math.floor(base - random() * rise * 2)}`,
  );
  return html`<polygon points="0,450 ${points.join(" ")} 800,450" fill="${color}" />`;
}

function waves(p: Palette, random: () => number): Html {
  return html`${many(16, (at) => html`<path d="M${Math.floor(random() * 700)} ${310 + at * 9}h${Math.floor(40 + random() * 90)}" stroke="${p.light}" stroke-width="2" opacity=".45" />`)}`;
}

function many(count: number, draw: (at: number) => Html): readonly Html[] {
  return Array.from({ length: count }, (_, at) => draw(at));
}

/** A small generator (mulberry32) whose seed is a text. */
function seeded(text: string): () => number {
  let state = 2166136261;
  for (const character of text) state = Math.imul(state ^ character.charCodeAt(0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
