import { useMemo } from 'react'
import { useLanguage } from '../../i18n/language'
import { classes } from '../classes'
import { diffLines, type Line } from './lines'
import css from './Diff.module.css'

interface Props {
  before: string
  after: string
  /** What the two are called: '버전 3', '버전 5'. */
  names: [string, string]
}

const SIGNS = { same: ' ', removed: '−', added: '+' } as const

/** What changed from one text to the other, line by line, the changed words marked. A sign says it beside the colour. */
export function Diff({ before, after, names }: Props) {
  const { t } = useLanguage()
  const lines = useMemo(() => diffLines(before, after), [before, after])
  const changed = lines.filter(({ kind }) => kind !== 'same').length
  return (
    <figure className={classes(css.diff)}>
      <figcaption className={classes(css.head)}>
        {t('diff.names', { before: names[0], after: names[1] })}
        {changed === 0 && <strong>{t('diff.same')}</strong>}
      </figcaption>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard */}
      <div className={classes(css.lines)} tabIndex={0} role="table" aria-label={t('diff.label')}>
        {lines.map((line, at) => (
          <DiffLine key={at} line={line} />
        ))}
      </div>
    </figure>
  )
}

function DiffLine({ line: { kind, parts, before, after } }: { line: Line }) {
  const { t } = useLanguage()
  return (
    <div role="row" className={classes(css.line, css[kind])}>
      <span role="cell" className={classes(css.number)}>
        {before}
      </span>
      <span role="cell" className={classes(css.number)}>
        {after}
      </span>
      <span role="cell" className={classes(css.sign)} aria-label={kind === 'same' ? undefined : t(`diff.${kind}`)}>
        {SIGNS[kind]}
      </span>
      <span role="cell" className={classes(css.text)}>
        {parts.map(({ text, changed }, at) =>
          changed && kind !== 'same' ? <mark key={at}>{text}</mark> : <span key={at}>{text}</span>,
        )}
      </span>
    </div>
  )
}
