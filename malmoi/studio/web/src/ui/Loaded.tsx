import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useLanguage } from '../i18n/language'
import { classes } from './classes'
import { ErrorNote } from './ErrorNote'
import css from './Loaded.module.css'

interface Props<T> {
  query: UseQueryResult<T>
  /** Height of the grey lines while loading, about that of what will come. */
  lines?: number
  children: (data: T) => ReactNode
}

/** The three states of everything that is asked of the server. */
export function Loaded<T>({ query, lines = 4, children }: Props<T>) {
  if (query.data !== undefined) return children(query.data)
  if (query.isError) return <ErrorNote error={query.error} retry={() => void query.refetch()} />
  return <Skeleton lines={lines} />
}

/** Grey lines in the place of what is on its way. */
export function Skeleton({ lines = 4 }: { lines?: number }) {
  const { t } = useLanguage()
  return (
    <div className={classes(css.skeleton)} role="status" aria-label={t('state.loading')}>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} className={classes(css.line)} />
      ))}
    </div>
  )
}
