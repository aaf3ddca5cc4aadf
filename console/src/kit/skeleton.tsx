/** Lines of the height of rows, for what is on its way. Their widths differ as text's do. */
export function SkeletonRows(props: { readonly rows?: number }) {
  const widths = ["w-3/5", "w-2/5", "w-1/2", "w-1/3", "w-2/3"];
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-4 p-4">
      {Array.from({ length: props.rows ?? 5 }, (_, at) => (
        <div key={at} className={`skeleton h-4 ${widths[at % widths.length] ?? ""}`} />
      ))}
    </div>
  );
}

export function SkeletonPage() {
  return (
    <div role="status" aria-label="Loading" className="mx-auto flex w-full max-w-[105rem] flex-col gap-6">
      <div className="skeleton h-8 w-48" />
      <div className="grid gap-4 md:grid-cols-3">
        {[0, 1, 2].map((at) => (
          <div key={at} className="skeleton h-32" />
        ))}
      </div>
      <div className="skeleton h-64" />
    </div>
  );
}
