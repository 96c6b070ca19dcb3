import type { Card } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { BackLink } from '../../ui/BackLink'
import { Note } from '../../ui/Note/Note'
import css from './CardHead.module.css'
import { classes } from '../../ui/classes'

/** The way back, what the card does, and what one must know before using it. */
export function CardHead({ card }: { card: Card }) {
  const { t, pick, language } = useLanguage()
  return (
    <>
      <BackLink />
      <p className={classes(css.lead)}>{pick(card.description)}</p>
      {/* Choices, examples and results are what the model reads and writes: they stay Korean in every language. */}
      {language !== 'ko' && <p className={classes(css.lead)}>{t('cards.in_korean')}</p>}
      {card.guards.notice && card.kind !== 'game' && <Note>{pick(card.guards.notice)}</Note>}
    </>
  )
}
