import type { Corpus } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { bytes, count, duration, share } from '../../text/numbers'

/** In = kept + dropped, as numbers and as one bar. */
export function Flow({ corpus }: { corpus: Corpus }) {
  const { t, language } = useLanguage()
  const { documents_in: all, documents_kept: kept, documents_dropped: dropped } = corpus
  const seconds = corpus.seconds === null ? null : t('corpus.took', { time: duration(corpus.seconds, language) })
  return (
    <section className="block" aria-label={t('corpus.flow')}>
      <div className="figures">
        <Figure name={t('corpus.in')} value={count(all)} note={bytes(corpus.raw_bytes_in)} />
        <span className="figure-sign">=</span>
        <Figure name={t('corpus.kept')} value={count(kept)} note={bytes(corpus.text_bytes_kept)} strong />
        <span className="figure-sign">+</span>
        <Figure name={t('corpus.dropped')} value={count(dropped)} note={share(dropped, all)} />
      </div>
      <div
        className="flow-bar"
        role="img"
        aria-label={t('corpus.flow_said', { kept: share(kept, all), dropped: share(dropped, all) })}
      >
        <span className="flow-kept" style={{ flexGrow: kept }} />
        <span className="flow-dropped" style={{ flexGrow: dropped }} />
      </div>
      <p className="facts">
        {t('corpus.flow_said', { kept: share(kept, all), dropped: share(dropped, all) })}
        {seconds && ` · ${seconds}`}
      </p>
    </section>
  )
}

interface FigureProps {
  name: string
  value: string
  note: string
  strong?: boolean
}

function Figure({ name, value, note, strong = false }: FigureProps) {
  return (
    <div className={strong ? 'figure figure-strong' : 'figure'}>
      <span className="figure-name">{name}</span>
      <span className="figure-value">{value}</span>
      <span className="quiet">{note}</span>
    </div>
  )
}
