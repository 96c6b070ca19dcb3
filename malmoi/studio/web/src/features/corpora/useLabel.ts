import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { corpus } from '../../api/queries'
import type { Corpus } from '../../api/schema'
import { useLanguage } from '../../i18n/language'

/** The label of a reason, kind, score or type of personal data, as the server gives it with the corpus's numbers. */
export function useLabel(run: string): (of: keyof Corpus['labels'], name: string) => string {
  const { pick } = useLanguage()
  const labels = useQueryClient().getQueryData(corpus(run).queryKey)?.labels
  return useCallback(
    (of, name) => {
      const label = labels?.[of][name]
      return label ? pick(label) : name
    },
    [labels, pick],
  )
}
