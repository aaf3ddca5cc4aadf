import { YamlPanel } from "#console/pages/yaml-panel.tsx";
import { useShownApp } from "#console/pages/apps/shown-app.ts";

export function AppYaml() {
  return <YamlPanel resource={useShownApp().app} />;
}
