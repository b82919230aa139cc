from . import image, webhook
