/** One thing that the palette can lead to. */
export interface Found {
  id: string
  name: string
  /** A second line: the run, the date, what it is about. */
  note?: string
  /** The address within the studio. */
  to: string
}

/** Where one kind of thing is found. The app gives one for pages, prompts, answers, documents, runs. */
export interface Finder {
  id: string
  /** What the group is called on the screen. */
  title: string
  /** At most a few things that fit; an empty `asked` may give those used last. */
  find: (asked: string, signal: AbortSignal) => Promise<Found[]> | Found[]
}

export interface Group {
  id: string
  title: string
  found: Found[]
}

/** Everything that was found, in the order of the finders; one that failed is left out and counted. */
export async function findAll(
  finders: readonly Finder[],
  asked: string,
  signal: AbortSignal,
): Promise<{ groups: Group[]; failed: number }> {
  const answers = await Promise.allSettled(finders.map(async ({ find }) => find(asked, signal)))
  const groups = answers.flatMap((answer, at) => {
    const { id, title } = finders[at]!
    return answer.status === 'fulfilled' && answer.value.length > 0 ? [{ id, title, found: answer.value }] : []
  })
  return { groups, failed: answers.filter(({ status }) => status === 'rejected').length }
}
