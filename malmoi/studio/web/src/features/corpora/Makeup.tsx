import type { ReactNode } from 'react'
import type { Corpus } from '../../api/schema'
import { useLanguage, type Key } from '../../i18n/language'
import { Bars, type Bar } from '../../ui/Bars'
import { bytes, count } from '../../text/numbers'
import { useLabel } from './useLabel'

const SOURCES_SHOWN = 12

/** The bytes are missing in the manifest of an older format. */
function sized(documents: number, textBytes: number | null): string {
  return textBytes === null ? count(documents) : `${count(documents)} · ${bytes(textBytes)}`
}

/** What was dropped and why, kinds, sources, and masked personal data. */
export function Makeup({ run, corpus }: { run: string; corpus: Corpus }) {
  const label = useLabel(run)
  const reasons = corpus.dropped_by_reason.map(({ reason, documents }) => ({
    id: reason,
    name: label('reason', reason),
    value: documents,
    text: count(documents),
  }))
  const kinds = largestFirst(corpus.by_kind).map(({ kind, documents, text_bytes }) => ({
    id: kind,
    name: label('kind', kind),
    value: documents,
    text: sized(documents, text_bytes),
    strong: true,
  }))
  const sources = largestFirst(corpus.by_source)
    .slice(0, SOURCES_SHOWN)
    .map(({ source, documents, text_bytes }) => ({
      id: source,
      name: source,
      value: documents,
      text: sized(documents, text_bytes),
      strong: true,
    }))
  const masked = corpus.masked.map(({ type, count: times }) => ({
    id: type,
    name: label('masked', type),
    value: times,
    text: count(times),
  }))
  return (
    <div className="makeup">
      <BarBlock title="corpus.reasons" bars={reasons} none="corpus.no_reasons" />
      <BarBlock title="corpus.kinds" bars={kinds} none="corpus.no_kinds" />
      <BarBlock title="corpus.sources" bars={sources} none="corpus.no_sources">
        <MoreSources more={corpus.by_source.length - SOURCES_SHOWN} />
      </BarBlock>
      <BarBlock title="corpus.masked" bars={masked} none="corpus.no_masked" />
    </div>
  )
}

function MoreSources({ more }: { more: number }) {
  const { t } = useLanguage()
  return more > 0 ? <p className="facts">{t('corpus.more_sources', { more })}</p> : null
}

function largestFirst<T extends { documents?: number }>(rows: T[]): T[] {
  return rows.toSorted((one, other) => (other.documents ?? 0) - (one.documents ?? 0))
}

interface BarBlockProps {
  title: Key
  bars: Bar[]
  none: Key
  children?: ReactNode
}

function BarBlock({ title, bars, none, children }: BarBlockProps) {
  const { t } = useLanguage()
  return (
    <section className="block" aria-label={t(title)}>
      <h2>{t(title)}</h2>
      {bars.length === 0 ? <p className="quiet">{t(none)}</p> : <Bars bars={bars} />}
      {children}
    </section>
  )
}
