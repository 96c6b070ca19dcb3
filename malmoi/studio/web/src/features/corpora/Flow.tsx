import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Corpus } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { bytes, count, duration, share } from '../../text/numbers'
import { Block } from '../../ui/Block/Block'
import { classes } from '../../ui/classes'
import css from './Flow.module.css'

const DOCUMENTS = '/corpora/$run/documents/{-$id}'

/** In = kept + dropped, as numbers and as one bar. The numbers lead to the documents. */
export function Flow({ run, corpus }: { run: string; corpus: Corpus }) {
  const { t, language } = useLanguage()
  const { documents_in: all, documents_kept: kept, documents_dropped: dropped } = corpus
  const seconds = corpus.seconds === null ? null : t('corpus.took', { time: duration(corpus.seconds, language) })
  const said = t('corpus.flow_said', { kept: share(kept, all, language), dropped: share(dropped, all, language) })
  const to = (status: 'kept' | 'dropped', name: string) => (
    <Link to={DOCUMENTS} params={{ run }} search={{ status }}>
      {name}
    </Link>
  )
  return (
    <Block title={t('corpus.flow')}>
      <div className={classes(css.figures)}>
        <Figure name={t('corpus.in')} value={count(all, language)} note={bytes(corpus.raw_bytes_in, language)} />
        <span className={classes(css.sign)}>=</span>
        <Figure
          name={to('kept', t('corpus.kept'))}
          value={count(kept, language)}
          note={bytes(corpus.text_bytes_kept, language)}
          strong
        />
        <span className={classes(css.sign)}>+</span>
        <Figure
          name={to('dropped', t('corpus.dropped'))}
          value={count(dropped, language)}
          note={share(dropped, all, language)}
        />
      </div>
      <div className={classes(css.bar)} role="img" aria-label={said}>
        <span className={classes(css.kept)} style={{ flexGrow: kept }} />
        <span className={classes(css.dropped)} style={{ flexGrow: dropped }} />
      </div>
      <p className={classes(css.facts)}>
        {said}
        {seconds && ` · ${seconds}`}
      </p>
    </Block>
  )
}

interface FigureProps {
  name: ReactNode
  value: string
  note: string
  strong?: boolean
}

function Figure({ name, value, note, strong = false }: FigureProps) {
  return (
    <div className={classes(css.figure, strong && css.strong)}>
      <span className={classes(css.name)}>{name}</span>
      <span className={classes(css.value)}>{value}</span>
      <span className="quiet">{note}</span>
    </div>
  )
}
