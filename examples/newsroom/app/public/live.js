/* Keeps the numbers of the count fresh. The browser connects again by itself when a server is replaced. */
const source = new EventSource("/results/stream");
source.addEventListener("count", (event) => {
  const results = JSON.parse(event.data);
  for (const box of document.querySelectorAll("[data-live]")) {
    box.querySelector("[data-counted-percent]").textContent = results.countedPercent;
    box.querySelector("[data-votes]").textContent = results.votes.toLocaleString("en");
    for (const party of results.parties) {
      const bar = box.querySelector(`[data-party="${party.key}"]`);
      bar.querySelector("meter").value = party.percent;
      bar.querySelector("[data-percent]").textContent = party.percent.toFixed(1);
    }
  }
  const districts = document.querySelector("[data-districts]");
  results.districts.forEach((district, at) => {
    const row = districts?.children[at];
    if (row === undefined) return;
    row.dataset.party = district.leader;
    row.dataset.counted = district.counted ? "yes" : "no";
  });
});
