import { memo } from 'react'
import { classes } from '../classes'
import { blocks } from './blocks'
import css from './StreamedText.module.css'

/**
 * A text that grows at its end. Only its last block is drawn anew; the rest stays as it is, so a picture costs the same
 * however long the text is. No live region: who listens hears the beginning and the end (StatusLine).
 */
export function StreamedText({ text, isRunning }: { text: string; isRunning: boolean }) {
  return (
    <p className={classes('answer-text', css.text, isRunning && css.running)}>
      {blocks(text).map((block, place) => (
        <Block key={place} text={block} />
      ))}
    </p>
  )
}

const Block = memo(({ text }: { text: string }) => <span>{text}</span>)
