import { useQueryClient } from '@tanstack/react-query'
import { corpus } from '../../api/queries'
import type { Corpus } from '../../api/schema'
import { useLanguage } from '../../i18n/language'

/** The label of a reason, a kind or a type of personal data, as the server gives it with the numbers of the corpus. */
export function useLabel(run: string): (of: keyof Corpus['labels'], name: string) => string {
  const { pick } = useLanguage()
  const labels = useQueryClient().getQueryData(corpus(run).queryKey)?.labels
  return (of, name) => {
    const label = labels?.[of][name]
    return label ? pick(label) : name
  }
}
