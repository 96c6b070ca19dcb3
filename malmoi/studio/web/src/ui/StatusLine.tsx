/** A line for those who listen: it says that an answer has begun and that it has ended, never the words between. */
export function StatusLine({ children }: { children: string }) {
  return (
    <p className="sr-only" role="status">
      {children}
    </p>
  )
}
