import { useState } from 'react'
import { DropZone, FileTrigger, Text } from 'react-aria-components'
import { useLanguage } from '../../i18n/language'
import { bytes } from '../../text/numbers'
import { Button } from '../Button/Button'
import { classes } from '../classes'
import { Icon } from '../Icon'
import css from './FileDrop.module.css'

interface Props {
  /** What is asked for: 'CSV 파일이나 JSONL 파일'. */
  label: string
  /** Endings with a dot, in small letters: ['.csv', '.jsonl']. */
  endings: string[]
  mostBytes: number
  onFile: (file: File) => void
}

/** A place to drop one file, to choose one, or to paste one. A wrong kind or size is said at once, nothing is sent. */
export function FileDrop({ label, endings, mostBytes, onFile }: Props) {
  const { t, language } = useLanguage()
  const [wrong, setWrong] = useState<string | null>(null)
  const take = (file: File | undefined) => {
    if (!file) return
    const known = endings.some((ending) => file.name.normalize('NFC').toLowerCase().endsWith(ending))
    if (!known) setWrong(t('file.kind', { name: file.name, endings: endings.join(', ') }))
    else if (file.size > mostBytes)
      setWrong(t('file.size', { size: bytes(file.size, language), most: bytes(mostBytes, language) }))
    else {
      setWrong(null)
      onFile(file)
    }
  }
  return (
    <div>
      <DropZone
        className={classes(css.zone)}
        aria-label={label}
        onDrop={(event) => {
          const dropped = event.items.find((item) => item.kind === 'file')
          if (dropped?.kind === 'file') void dropped.getFile().then(take)
        }}
      >
        <Icon name="file" />
        <Text slot="label">{t('file.drop', { label })}</Text>
        <FileTrigger acceptedFileTypes={endings} onSelect={(files) => take(files?.[0])}>
          <Button>{t('file.choose')}</Button>
        </FileTrigger>
        <span className={classes(css.help)}>
          {t('file.limits', { endings: endings.join(', '), most: bytes(mostBytes, language) })}
        </span>
      </DropZone>
      <p role="alert" className={classes(css.wrong)}>
        {wrong}
      </p>
    </div>
  )
}
