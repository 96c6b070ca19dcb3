import { useLanguage } from '../../i18n/language'
import { classes } from '../../ui/classes'
import css from './Said.module.css'

export interface Move {
  word: string
  by: 'person' | 'model'
}

/** The words said so far, the syllable that joins two of them marked. */
export function Said({ moves }: { moves: Move[] }) {
  const { t } = useLanguage()
  return (
    <ol className={classes(css.said)} aria-label={t('chain.said')}>
      {moves.map(({ word, by }, place) => (
        <li key={place} className={classes(css.move, by === 'person' && css.person)}>
          <span className={classes(css.by)}>{by === 'person' ? t('chain.me') : t('chain.model')}</span>
          <span className={classes(css.word)}>
            {word.slice(0, -1)}
            <b>{word.slice(-1)}</b>
          </span>
        </li>
      ))}
    </ol>
  )
}
