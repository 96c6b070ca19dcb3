import type { ReactNode } from 'react'
import { ProgressBar } from 'react-aria-components'
import { classes } from '../classes'
import { StatusBadge, type Tone } from '../StatusBadge/StatusBadge'
import css from './JobRow.module.css'

interface Props {
  /** The name, as a Link to the job where it has a page. */
  title: ReactNode
  /** For the progress bar, where `title` is no plain text. */
  name: string
  tone: Tone
  /** The state as a word: '진행 중', '기다리는 중'. */
  state: string
  /** 0..1; null where nobody knows; left out where nothing goes on. */
  share?: number | null
  /** Facts under the title: time, step, attempts. */
  facts?: ReactNode
  /** Buttons: 취소, 다시, 기록 보기. */
  acts?: ReactNode
}

/** One piece of long work in a list: what, how far, in which state, and what can be done about it. Put it in a <ul>. */
export function JobRow({ title, name, tone, state, share, facts, acts }: Props) {
  return (
    <li className={classes(css.row)}>
      <div className={classes(css.line)}>
        <div className={classes(css.words)}>
          <div className={classes(css.title)}>{title}</div>
          {facts && <div className={classes(css.facts)}>{facts}</div>}
        </div>
        <StatusBadge tone={tone}>{state}</StatusBadge>
        {acts && <div className={classes(css.acts)}>{acts}</div>}
      </div>
      {share !== undefined && <Progress name={name} share={share} />}
    </li>
  )
}

/** How far something is. null: it goes on and nobody knows how long. */
export function Progress({ name, share }: { name: string; share: number | null }) {
  return (
    <ProgressBar
      aria-label={name}
      value={(share ?? 0) * 100}
      isIndeterminate={share === null}
      className={classes(css.progress)}
    >
      {({ percentage, valueText }) => (
        <>
          <span className={classes(css.track)}>
            <span
              className={classes(css.fill, share === null && css.unknown)}
              style={share === null ? undefined : { width: `${percentage}%` }}
            />
          </span>
          {share !== null && <span className={classes(css.value)}>{valueText}</span>}
        </>
      )}
    </ProgressBar>
  )
}
