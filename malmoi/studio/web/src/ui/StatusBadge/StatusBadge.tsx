import { classes } from '../classes'
import css from './StatusBadge.module.css'

/** What a state means for a person: at work, done, wants attention, failed, or none of these. */
export type Tone = 'quiet' | 'working' | 'good' | 'warn' | 'bad'

/** The form carries the meaning with the word; the colour only repeats it. */
const FORMS: Record<Tone, string> = {
  quiet: 'M6 12h12',
  working: 'M12 5a7 7 0 1 1-7 7',
  good: 'M5 12.5l4.5 4.5L19 7.5',
  warn: 'M12 5v8.5M12 18v.5',
  bad: 'M7 7l10 10M17 7L7 17',
}

/** A state as a word with a sign: `<StatusBadge tone="good">{t('jobs.done')}</StatusBadge>`. Never by colour alone. */
export function StatusBadge({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span className={classes(css.badge, css[tone])} data-tone={tone}>
      <svg className={classes(css.sign)} viewBox="0 0 24 24" aria-hidden="true">
        <path d={FORMS[tone]} />
      </svg>
      {children}
    </span>
  )
}
