import { Link } from '@tanstack/react-router'
import type { Corpus } from '../../api/schema'
import { useLanguage, type Key } from '../../i18n/language'
import { bytes, count } from '../../text/numbers'
import { Bars, type Bar } from '../../ui/Bars'
import { Block } from '../../ui/Block/Block'
import { classes } from '../../ui/classes'
import css from './Makeup.module.css'
import type { DocumentsSearch } from './search'
import { useLabel } from './useLabel'

const SOURCES_SHOWN = 12

interface Props {
  run: string
  corpus: Corpus
}

/** What was dropped and why, kinds, sources, and masked personal data, the most first. Bars lead to their documents. */
export function Makeup({ run, corpus }: Props) {
  const { t, language } = useLanguage()
  const label = useLabel(run)
  const bar = (name: string, value: number, search: DocumentsSearch): Bar => ({
    id: name,
    name,
    value,
    text: count(value, language),
    shown: (
      <Link to="/corpora/$run/documents/{-$id}" params={{ run }} search={search}>
        {name}
      </Link>
    ),
  })
  const sized = (documents: number, text_bytes: number | null) => ({
    text:
      text_bytes === null
        ? count(documents, language)
        : `${count(documents, language)} · ${bytes(text_bytes, language)}`,
    strong: true,
  })
  const reasons = corpus.dropped_by_reason.map(({ reason, documents }) => ({
    ...bar(label('reason', reason), documents, { status: 'dropped', reason }),
    id: reason,
  }))
  const kinds = corpus.by_kind.map(({ kind, documents, text_bytes }) => ({
    ...bar(label('kind', kind), documents, { status: 'kept', kind }),
    ...sized(documents, text_bytes),
    id: kind,
  }))
  const sources = corpus.by_source.map(({ source, documents, text_bytes }) => ({
    ...bar(source, documents, { status: 'kept', source }),
    ...sized(documents, text_bytes),
  }))
  const masked = corpus.masked.map(({ type, count: times }) => ({
    id: type,
    name: label('masked', type),
    value: times,
    text: count(times, language),
  }))
  const none = masked.filter(({ value }) => value === 0)
  const more = sources.filter(({ value }) => value > 0).length - SOURCES_SHOWN
  return (
    <div className={classes(css.makeup)}>
      <BarBlock title="corpus.reasons" bars={reasons} none="corpus.no_reasons" />
      <BarBlock title="corpus.kinds" bars={kinds} none="corpus.no_kinds" />
      <BarBlock
        title="corpus.sources"
        bars={sources}
        none="corpus.no_sources"
        most={SOURCES_SHOWN}
        more={more > 0 ? t('corpus.more_sources', { more }) : null}
      />
      <BarBlock
        title="corpus.masked"
        bars={masked}
        none="corpus.no_masked"
        // A bar without length for each type would hide those that were found.
        more={none.length > 0 ? t('corpus.none_masked', { names: none.map(({ name }) => name).join(', ') }) : null}
      />
    </div>
  )
}

interface BarBlockProps {
  title: Key
  bars: Bar[]
  none: Key
  most?: number
  more?: string | null
}

function BarBlock({ title, bars, none, most = Infinity, more = null }: BarBlockProps) {
  const { t } = useLanguage()
  const shown = bars
    .filter(({ value }) => value > 0)
    .toSorted((one, other) => other.value - one.value)
    .slice(0, most)
  return (
    <Block title={t(title)}>
      {shown.length === 0 ? <p className="quiet">{t(none)}</p> : <Bars bars={shown} />}
      {more && <p className={classes(css.more)}>{more}</p>}
    </Block>
  )
}
