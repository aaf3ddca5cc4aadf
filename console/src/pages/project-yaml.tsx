import { useShownProject } from "#console/pages/project.tsx";
import { YamlPanel } from "#console/pages/yaml-panel.tsx";

export function ProjectYaml() {
  return <YamlPanel resource={useShownProject()} />;
}
