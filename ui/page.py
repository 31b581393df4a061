"""A page's face of the app: what every lesson's page is put together from."""

from icl_core.lessons.catalog import result
from ui.boundary import fragment
from ui.chart import charts_of
from ui.controls import Controls, control_row
from ui.frame import begin, course, finding, to_try
from ui.parts import first_picture, more_choices, part_choice, parts, show_part
from ui.presets import preset_links
