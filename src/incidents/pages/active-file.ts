/** What fronts tell live clients. Holds names of customers, so it is a file of the data center and no page. */
export const activeFile = "active.json";
