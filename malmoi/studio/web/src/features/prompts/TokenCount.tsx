import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { getJson } from '../../api/client'
import { about } from '../../api/queries'
import { useLanguage } from '../../i18n/language'
import { count } from '../../text/numbers'

const REST_MS = 500
const MAX_CHARS = 200_000

/** Characters and tokens of a text, counted when the writer rests. */
export function TokenCount({ text }: { text: string }) {
  const { t } = useLanguage()
  const rested = useRested(text)
  const model = useQuery(about()).data?.model
  const { data } = useQuery({
    queryKey: ['tokens', rested],
    queryFn: () => getJson<{ tokens: number }>('/api/tokens', { method: 'POST', body: { text: rested } }),
    enabled: Boolean(model) && rested !== '' && rested.length <= MAX_CHARS,
    placeholderData: keepPreviousData,
    gcTime: 30_000,
  })
  const chars = t('count.chars', { chars: count([...text].length) })
  // Until the writer rests, nothing has been counted: no number is better than a wrong 0.
  const tokens = text === '' ? 0 : rested === '' ? undefined : data?.tokens
  return (
    <p className="facts">
      {chars}
      {model && tokens !== undefined && ` · ${t('count.tokens', { tokens, context: model.context_tokens })}`}
    </p>
  )
}

function useRested(text: string): string {
  const [rested, setRested] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), REST_MS)
    return () => clearTimeout(timer)
  }, [text])
  return rested
}
