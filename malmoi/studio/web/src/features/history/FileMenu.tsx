import { useLanguage } from '../../i18n/language'
import { Icon } from '../../ui/Icon'
import { Menu } from '../../ui/Menu/Menu'
import { fileAddress, FORMS } from './queries'
import type { HistorySearch } from './search'

interface Props {
  /** These alone; none: all that `search` lists. */
  chosen: string[]
  search?: HistorySearch
}

/** Takes answers away as a file: text, Markdown, JSON lines or a table. The browser reads it as it is written. */
export function FileMenu({ chosen, search = {} }: Props) {
  const { t, language } = useLanguage()
  const acts = FORMS.map((form) => ({
    id: form,
    name: t(`history.file.${form}`),
    run: () => {
      const link = document.createElement('a')
      link.href = fileAddress(form, language, chosen, search)
      link.download = ''
      link.click()
    },
  }))
  return (
    <Menu label={t('history.export')} acts={acts}>
      <Icon name="download" />
      {t('history.export')}
    </Menu>
  )
}
