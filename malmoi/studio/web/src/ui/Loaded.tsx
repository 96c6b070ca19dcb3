import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useLanguage } from '../i18n/language'
import { ErrorNote } from './ErrorNote'

interface Props<T> {
  query: UseQueryResult<T>
  /** Height of the grey lines while loading, about that of what will come. */
  lines?: number
  children: (data: T) => ReactNode
}

/** The three states of everything that is asked of the server. */
export function Loaded<T>({ query, lines = 4, children }: Props<T>) {
  const { t } = useLanguage()
  if (query.data !== undefined) return children(query.data)
  if (query.isError) return <ErrorNote error={query.error} retry={() => void query.refetch()} />
  return (
    <div className="skeleton" role="status" aria-label={t('state.loading')}>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} className="skeleton-line" />
      ))}
    </div>
  )
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children && <div className="empty-text">{children}</div>}
    </div>
  )
}
