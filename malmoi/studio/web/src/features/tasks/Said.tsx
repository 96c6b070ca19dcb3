import { useLanguage } from '../../i18n/language'

export interface Move {
  word: string
  by: 'person' | 'model'
}

/** The words said so far, the syllable that joins two of them marked. */
export function Said({ moves }: { moves: Move[] }) {
  const { t } = useLanguage()
  return (
    <ol className="said" aria-label={t('chain.said')}>
      {moves.map(({ word, by }, place) => (
        <li key={place} className={`said-${by}`}>
          <span className="said-by">{by === 'person' ? t('chain.me') : t('chain.model')}</span>
          <span className="said-word">
            {word.slice(0, -1)}
            <b>{word.slice(-1)}</b>
          </span>
        </li>
      ))}
    </ol>
  )
}
