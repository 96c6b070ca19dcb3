import { useQuery } from '@tanstack/react-query'
import { documentDetail } from '../../api/queries'
import type { DocumentDetail } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { Loaded } from '../../ui/Loaded'
import { bytes, count } from '../../text/numbers'
import { Window } from '../../ui/Window'
import { useLabel } from './useLabel'

interface Props {
  run: string
  id: string | null
  onClose: () => void
}

/** Why one document was kept or dropped: verdicts, scores, text. */
export function DocumentWindow({ run, id, onClose }: Props) {
  const { t } = useLanguage()
  return (
    <Window title={t('document.title')} isOpen={id !== null} onClose={onClose}>
      {id !== null && <Asked run={run} id={id} />}
    </Window>
  )
}

function Asked({ run, id }: { run: string; id: string }) {
  return (
    <Loaded query={useQuery(documentDetail(run, id))} lines={10}>
      {(document) => <Detail run={run} document={document} />}
    </Loaded>
  )
}

interface DetailProps {
  run: string
  document: DocumentDetail
}

function Detail({ run, document }: DetailProps) {
  const { t } = useLanguage()
  const label = useLabel(run)
  const { id, title, kept, kind, source, origin, text_bytes: size, text, text_chars: chars, detail } = document
  const fired = document.verdicts.filter((verdict) => verdict.fired).map((verdict) => verdict.reason)
  const reasons = fired.length > 0 ? fired : document.reasons
  return (
    <>
      <p className="document-title">{title ?? id}</p>
      <p className={kept ? 'verdict verdict-kept' : 'verdict'}>{kept ? t('document.kept') : t('document.dropped')}</p>
      {!kept && (
        <p className="tags">
          {reasons.map((reason) => (
            <span key={reason} className="tag">
              {label('reason', reason)}
            </span>
          ))}
        </p>
      )}
      {detail && <p>{detail}</p>}
      <dl className="facts-list">
        <Fact name={t('document.id')} value={id} />
        <Fact name={t('corpus.kind')} value={kind && label('kind', kind)} />
        <Fact name={t('document.source')} value={source} />
        <Fact name={t('document.origin')} value={origin && `${origin.file} @ ${origin.offset}`} />
        <Fact name={t('document.size')} value={size === null ? null : bytes(size)} />
      </dl>
      <Verdicts run={run} document={document} />
      <p className="field-label">{t('document.text', { chars: count(chars) })}</p>
      {text === null ? <p className="quiet">{t('document.no_text')}</p> : <div className="document-text">{text}</div>}
    </>
  )
}

function Fact({ name, value }: { name: string; value: string | null }) {
  return value === null || value === '' ? null : (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function Verdicts({ run, document: { verdicts, scores } }: DetailProps) {
  const { t } = useLanguage()
  const label = useLabel(run)
  return (
    <details className="fold" open={verdicts.length > 0 && verdicts.length < 12}>
      <summary>{t('document.verdicts', { count: verdicts.length + scores.length })}</summary>
      <table className="table">
        <tbody>
          {verdicts.map(({ reason, fired }) => (
            <tr key={reason} className={fired ? 'fired' : undefined}>
              <th scope="row">{label('reason', reason)}</th>
              <td>{fired ? t('document.fired') : t('document.passed')}</td>
            </tr>
          ))}
          {scores.map(({ name, value }) => (
            <tr key={name}>
              <th scope="row" className="mono">
                {name}
              </th>
              <td className="mono">
                {typeof value === 'number' ? Number(value.toPrecision(5)) : String(value ?? '–')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
