import type { DocumentDetail, Judgement } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { rounded, type Language } from '../../text/numbers'
import { classes } from '../../ui/classes'
import { Fold } from '../../ui/Fold/Fold'
import css from './Judgements.module.css'
import { useLabel } from './useLabel'

interface Props {
  run: string
  document: DocumentDetail
}

/** Each rule in words: what was measured, what it came to, and the limit. What dropped the document comes first. */
export function Judgements({ run, document: { judgements, verdicts, scores } }: Props) {
  const { t } = useLanguage()
  const fired = judgements.filter(({ dropped }) => dropped)
  const passed = judgements.filter(({ dropped, value }) => !dropped && value !== null)
  const told = new Set(judgements.map(({ score }) => score))
  const rest = scores.filter(({ name, value }) => !told.has(name) && value !== null)
  return (
    <div>
      {fired.length > 0 && <Rules run={run} title={t('document.fired')} judgements={fired} />}
      {judgements.length === 0 && <Verdicts run={run} verdicts={verdicts} />}
      {passed.length > 0 && (
        <Fold title={t('document.passed', { count: passed.length })}>
          <Rules run={run} title={t('document.passed', { count: passed.length })} judgements={passed} />
        </Fold>
      )}
      {rest.length > 0 && (
        <Fold title={t('document.scores', { count: rest.length })}>
          <Scores run={run} scores={rest} />
        </Fold>
      )}
    </div>
  )
}

function Rules({ run, title, judgements }: { run: string; title: string; judgements: Judgement[] }) {
  const { t, language } = useLanguage()
  const label = useLabel(run)
  return (
    <table className={classes(css.rules)} aria-label={title}>
      <thead>
        <tr>
          <th scope="col">{t('corpus.reason')}</th>
          <th scope="col">{t('document.measure')}</th>
          <th scope="col">{t('document.value')}</th>
          <th scope="col">{t('document.limit')}</th>
        </tr>
      </thead>
      <tbody>
        {judgements.map(({ reason, score, value, bound, limit, dropped }) => (
          <tr key={`${reason} ${score}`} className={classes(dropped && css.fired)}>
            <th scope="row">{label('reason', reason)}</th>
            <td>{label('score', score)}</td>
            <td>{measured(score, value, language)}</td>
            <td>
              {limit === null
                ? '–'
                : t(bound === 'at most' ? 'document.at_most' : 'document.at_least', {
                    limit: measured(score, limit, language),
                  })}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Where no rule could be read (a recipe of another version): what each reason said. */
function Verdicts({ run, verdicts }: { run: string; verdicts: DocumentDetail['verdicts'] }) {
  const { t } = useLanguage()
  const label = useLabel(run)
  const fired = verdicts.filter((verdict) => verdict.fired)
  return fired.length === 0 ? null : (
    <p className={classes(css.fired)}>
      {t('document.fired')}: {fired.map(({ reason }) => label('reason', reason)).join(', ')}
    </p>
  )
}

function Scores({ run, scores }: { run: string; scores: DocumentDetail['scores'] }) {
  const { language } = useLanguage()
  const label = useLabel(run)
  return (
    <table className={classes(css.rules)}>
      <tbody>
        {scores.map(({ name, value }) => (
          <tr key={name}>
            <th scope="row" className={classes(label('score', name) === name && 'mono')}>
              {label('score', name)}
            </th>
            <td>{measured(name, value, language)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Shares as per cent, other numbers with four digits that count. */
function measured(score: string, value: Judgement['value'], language: Language): string {
  if (typeof value !== 'number') return String(value ?? '–')
  if (score.endsWith('_share')) return `${rounded(value * 100, language)}%`
  return rounded(value, language)
}
